# SPDX-License-Identifier: Apache-2.0
"""The owner's pages behind a one-time link: what is approved, the ways that count, and what became of it."""

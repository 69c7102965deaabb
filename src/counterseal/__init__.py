# SPDX-License-Identifier: Apache-2.0
"""Counterseal: one forged seal must never be enough."""

# SPDX-License-Identifier: Apache-2.0
"""Hears of what happens in Counterseal, each thing once."""

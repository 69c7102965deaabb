# SPDX-License-Identifier: Apache-2.0
"""Incidents: what happened, to whom else it could have happened, what it cost, and what is done about it."""

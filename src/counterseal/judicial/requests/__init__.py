# SPDX-License-Identifier: Apache-2.0
"""Requests of authorities: from receipt to the end, with the evidence for and against them."""

# SPDX-License-Identifier: Apache-2.0
"""Webhooks: where the platform's systems hear of happenings, signed as Standard Webhooks 1.0 says."""

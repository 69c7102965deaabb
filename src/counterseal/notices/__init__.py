# SPDX-License-Identifier: Apache-2.0
"""Notices to owners: what they say, one-time links in them, the pages behind the links, and their delivery."""

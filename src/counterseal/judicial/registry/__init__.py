# SPDX-License-Identifier: Apache-2.0
"""Whom the desk knows: authorities, their offices and people, and how each of them is reached."""

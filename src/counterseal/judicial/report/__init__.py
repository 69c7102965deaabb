# SPDX-License-Identifier: Apache-2.0
"""The transparency report of the desk: what was asked, what was checked, what was handed out, in a period."""

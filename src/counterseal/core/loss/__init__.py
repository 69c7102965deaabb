# SPDX-License-Identifier: Apache-2.0
"""What an incident cost, per account and asset, at recorded prices: pure, exact, every line with its evidence."""

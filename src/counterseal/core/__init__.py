# SPDX-License-Identifier: Apache-2.0
"""The rules: pure, total, and without clock, chance, log, file or network."""

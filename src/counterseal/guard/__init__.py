# SPDX-License-Identifier: Apache-2.0
"""The guard: one decision for every sensitive action, sealed, told and logged."""

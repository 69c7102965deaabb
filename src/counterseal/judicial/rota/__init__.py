# SPDX-License-Identifier: Apache-2.0
"""Who is on duty at the desk, who stands in for whom, and on which days the house is closed."""

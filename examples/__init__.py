# SPDX-License-Identifier: Apache-2.0
"""Programs that show how a platform works with Counterseal."""

# SPDX-License-Identifier: Apache-2.0
"""Policy publishing: versions, their verdicts, the shadow run, the switch."""

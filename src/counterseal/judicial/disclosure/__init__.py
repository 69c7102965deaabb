# SPDX-License-Identifier: Apache-2.0
"""What may be handed out to whom, how it is handed over, and what is kept of it."""

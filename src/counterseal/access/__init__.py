# SPDX-License-Identifier: Apache-2.0
"""Who may speak to the API: the platform's tokens, and the keys with which it attests proofs."""

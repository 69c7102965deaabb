# SPDX-License-Identifier: Apache-2.0
"""Staff: who they are, how they sign in, and what two of them approve together."""

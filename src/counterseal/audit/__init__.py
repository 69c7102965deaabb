# SPDX-License-Identifier: Apache-2.0
"""The tamper-evident log: checkpoints, witnesses, proofs, exports and their offline verification."""

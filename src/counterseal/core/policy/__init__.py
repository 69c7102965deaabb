# SPDX-License-Identifier: Apache-2.0
"""The policy: one document that the guard and the prover both read."""

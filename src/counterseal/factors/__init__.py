# SPDX-License-Identifier: Apache-2.0
"""Verifying proofs: TOTP, codes by e-mail and SMS, recovery codes, attestations of the platform; throttling."""

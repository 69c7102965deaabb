# SPDX-License-Identifier: Apache-2.0
"""The HTTP edge: one router per area, problems (RFC 9457), bearer tokens, idempotent writes, OpenAPI 3.1."""

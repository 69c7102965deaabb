# SPDX-License-Identifier: Apache-2.0
"""Opens what strangers send: each document in a process of its own, without network or files."""

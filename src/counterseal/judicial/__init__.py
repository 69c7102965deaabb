# SPDX-License-Identifier: Apache-2.0
"""The judicial desk: whether a document or a mail is authentic."""

# SPDX-License-Identifier: Apache-2.0
"""Letters of the desk to authorities: from templates, read by a second officer, sent to the registry's contact."""

# SPDX-License-Identifier: Apache-2.0
"""The officers' portal: accounts of people of authorities, enrolled by a call and a letter."""

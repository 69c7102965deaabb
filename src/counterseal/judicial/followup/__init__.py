# SPDX-License-Identifier: Apache-2.0
"""What follows a request for the accounts that it names: shields when it may be forged, more when it was."""

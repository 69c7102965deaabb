# SPDX-License-Identifier: Apache-2.0
"""Rule packs of the desk: legal bases, deadlines and what each basis may be given, as data."""

# SPDX-License-Identifier: Apache-2.0
"""What made an attack possible: steps, who made them, which capabilities suffice, which control let it through."""

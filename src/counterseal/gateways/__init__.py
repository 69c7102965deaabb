# SPDX-License-Identifier: Apache-2.0
"""One file per outside thing: each adapter of a port, and nothing else."""

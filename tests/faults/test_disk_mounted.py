# SPDX-License-Identifier: Apache-2.0
"""Small disks of our own: only in `make faults`, since mounting takes root."""

import os

if os.environ.get("COUNTERSEAL_TEST_FAULTS"):
    from tests.faults.mounted_disk import (  # noqa: F401 - collected here
        test_postgresql_on_a_full_disk,
        test_sqlite_on_a_full_disk,
        test_sqlite_on_a_read_only_disk,
    )

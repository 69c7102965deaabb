# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.corpus make DIR [--seed N] [--each N]`: write the corpus with labels, PKI and registry."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.corpus.labels import write


def main() -> None:
    """Read the options and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    make = parser.add_subparsers(required=True).add_parser("make", help="write the files and labels.json")
    make.add_argument("folder", type=Path)
    make.add_argument("--seed", type=int, default=1)
    make.add_argument("--each", type=int, default=3, help="files of each class")
    given = parser.parse_args()
    print(f"{write(given.folder, given.seed, given.each)} files in {given.folder}")


main()

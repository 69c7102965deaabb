#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the wheel of the present folder and installs it, with what it needs at run time, into a new environment. Each
# archive is checked against the hashes of requirements.lock, of which only the needed part is installed.
# The Containerfile and `make ops-check` run this very file. Usage: build.sh TARGET
set -eu
target=$1
python=${PYTHON_PROGRAM:-python3}
mkdir -p build
"$python" ops/container/needed.py requirements.lock hatchling >build/tools.txt
"$python" ops/container/needed.py requirements.lock >build/run.txt
"$python" -m venv build/tools
build/tools/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r build/tools.txt
build/tools/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
"$python" -m venv "$target"
"$target/bin/python" -m pip install --quiet --require-hashes --only-binary :all: -r build/run.txt
"$target/bin/python" -m pip install --quiet --no-deps dist/counterseal-*.whl
"$target/bin/python" -m pip check
"$target/bin/python" -m pip uninstall --quiet --yes pip

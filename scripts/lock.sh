#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes requirements.lock from pyproject.toml: every platform, with hashes, and without a word about any registry.
# `make lock UPGRADE=1` takes newer versions; without it only what pyproject.toml asks for changes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

uv=$(command -v uv || printf '%s' .venv-tools/bin/uv)
"$uv" pip compile --quiet pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header \
    ${UPGRADE:+--upgrade} -o requirements.lock

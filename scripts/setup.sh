#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes .venv at the root with everything in requirements.lock and the program itself (editable).
# Needs python3 >= 3.11. Uses uv from PATH, else puts a pinned one, checked by hash, into .venv-tools.
# PYTHON=/path/to/python chooses the interpreter. Run it through `make setup`, which skips it when nothing changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

oldest_uv=0.5.0

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

recent_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        # An interpreter inside an environment of ours would vanish with it: ask for the one behind it.
        if recent_python "$name"; then
            "$name" -c 'import os, sys; print(os.path.realpath(sys._base_executable))'
            return
        fi
    done
    return 1
}

recent_uv() {
    local version
    version=$("$1" --version 2>/dev/null | cut -d' ' -f2) || return 1
    [ -n "$version" ] && [ "$(printf '%s\n' "$oldest_uv" "$version" | sort -V | head -n1)" = "$oldest_uv" ]
}

# A Python as a distribution cuts it may lack ensurepip, and then `venv` cannot bring pip.
bring_pip() {
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv --clear .venv-tools
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --clear --without-pip .venv-tools
    elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "this python3 has no ensurepip: installing python3-venv"
        DEBIAN_FRONTEND=noninteractive apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv >/dev/null
        "$python" -m venv --clear .venv-tools
    else
        die "this python3 has neither ensurepip nor pip: install python3-venv (Debian, Ubuntu) or uv, then run this again"
    fi
}

find_uv() {
    if recent_uv uv; then
        command -v uv
        return
    fi
    if ! recent_uv .venv-tools/bin/uv; then
        say "bringing uv into .venv-tools"
        bring_pip >&2
        local pip=(.venv-tools/bin/python -m pip)
        [ -e .venv-tools/bin/pip ] || pip=("$python" -m pip --python .venv-tools/bin/python)
        "${pip[@]}" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
            -r scripts/uv.requirements.txt >&2
    fi
    printf '%s\n' "$PWD/.venv-tools/bin/uv"
}

python=$(find_python) || die "python3 >= 3.11 is needed: install it, or name one with PYTHON=/path/to/python"
uv=$(find_uv)
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 VIRTUAL_ENV="$PWD/.venv"

if ! recent_python .venv/bin/python; then
    say "making .venv with $("$python" --version)"
    "$uv" venv --quiet --clear --no-project --python "$python" .venv
fi
"$uv" pip sync --quiet --require-hashes requirements.lock
# The build back end is in the lock, so this step asks no registry.
"$uv" pip install --quiet --offline --no-deps --no-build-isolation --editable .
.venv/bin/python -c 'import counterseal'
touch .venv/.setup
say "ready: .venv/bin/counterseal"

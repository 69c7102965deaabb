#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The console in web/: build it into src/counterseal/http/console, check it, run its unit tests.
#   web.sh build | lint | test | api
# Needs Node >= 20.19: from the machine, else a pinned one, checked by hash, from a Python package in .venv-tools.
# What did not change since the last build is not built again, so that a built tree works without a network.
# Exit code 3: neither Node nor the packages could be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly no_tools=3
readonly built=src/counterseal/http/console

say() { printf 'web: %s\n' "$*" >&2; }
lacking() {
    say "$*"
    exit "$no_tools"
}

recent_node() {
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# Puts `node` and `npm` first on PATH.
find_node() {
    if recent_node node && command -v npm >/dev/null; then return; fi
    if ! recent_node .venv-tools/bin/node; then
        local uv
        uv=$(command -v uv || printf '%s\n' "$PWD/.venv-tools/bin/uv")
        say "no Node >= 20.19 here: bringing one into .venv-tools"
        [ -x .venv-tools/bin/python ] || "$uv" venv --quiet --no-project --python .venv/bin/python .venv-tools
        UV_PYTHON_DOWNLOADS=never "$uv" pip install --quiet --require-hashes --python .venv-tools/bin/python \
            -r scripts/node.requirements.txt >&2 || lacking "Node could not be had: install Node 20.19 or later"
    fi
    PATH="$PWD/.venv-tools/bin:$PATH"
    export PATH
}

digest() { sha256sum "$@" | sha256sum | cut -d' ' -f1; }

# All that a build depends on, the lock of its packages included.
inputs() {
    find web -type f -not -path 'web/node_modules/*' -not -path 'web/tests/*' -print0 | sort -z |
        xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

packages() {
    local wanted
    wanted=$(digest web/package-lock.json web/package.json)
    [ "$(cat web/node_modules/.lock-digest 2>/dev/null)" = "$wanted" ] && return
    find_node
    say "installing the packages of web/package-lock.json"
    npm --prefix web ci --silent --no-progress >&2 || lacking "npm could not bring the packages of the console"
    printf '%s\n' "$wanted" >web/node_modules/.lock-digest
}

build() {
    local now
    now=$(inputs)
    [ -f "$built/index.html" ] && [ "$(cat "$built/.inputs" 2>/dev/null)" = "$now" ] && return
    packages
    find_node
    npm --prefix web run --silent build -- --logLevel warn >&2
    printf '%s\n' "$now" >"$built/.inputs"
    say "built the console into $built"
}

# The types of the API's client, from the document that this very program writes.
api() {
    packages
    find_node
    mkdir -p var
    .venv/bin/counterseal openapi >var/openapi.json
    npm --prefix web run --silent api >&2
}

run() {
    packages
    find_node
    npm --prefix web run --silent "$1" >&2
}

case "${1:-}" in
build) build ;;
api) api ;;
lint | test) run "$1" ;;
*)
    say "usage: web.sh build | lint | test | api"
    exit 2
    ;;
esac

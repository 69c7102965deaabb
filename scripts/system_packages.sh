#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what some tests need from the system: with apt, as root or through a sudo that asks nothing.
# Elsewhere it prints one line for each missing thing; the tests that need it are then skipped.
# COUNTERSEAL_NO_APT=1 only prints. It never fails: a skipped test fails the run where that matters (CI).
set -euo pipefail

has_program() {
    local name
    for name in "$@"; do command -v "$name" >/dev/null && return 0; done
    return 1
}
has_cjk_font() { has_program fc-list && [ -n "$(fc-list :lang=zh family)" ]; }

packages=() # Debian packages that are missing
reasons=()  # what each is for
want() {
    packages+=("$1")
    reasons+=("$2")
}

look() {
    packages=() reasons=()
    has_program chromium chromium-browser google-chrome || want chromium "tests of the pages"
    has_cjk_font || want fonts-noto-cjk "Chinese notices and pages"
    has_program fc-list || want fontconfig "finding fonts"
    has_program spin || want spin "the prover's independent check"
    has_program cc gcc || want gcc "compiling what spin writes"
    has_program oathtool || want oathtool "TOTP codes from an independent program"
    has_program bwrap || want bubblewrap "opening documents of the judicial desk in a sandbox"
    has_program pdfsig || want poppler-utils "comparing our verdicts on documents with another program's"
    has_program openssl || want openssl "S/MIME from an independent program"
    has_program softhsm2-util || want softhsm2 "keys in a token (PKCS#11)"
}

as_root=()
may_install() {
    [ -z "${COUNTERSEAL_NO_APT:-}" ] && has_program apt-get || return 1
    [ "$(id -u)" = 0 ] && return 0
    as_root=(sudo -n)
    has_program sudo && sudo -n true 2>/dev/null
}

install() {
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    printf 'system packages: installing %s\n' "$*" >&2
    "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null
}

look
if [ ${#packages[@]} -gt 0 ] && may_install; then
    install "${packages[@]}" </dev/null >&2 || printf 'system packages: apt-get failed\n' >&2
    look
fi
for i in "${!packages[@]}"; do
    printf 'system packages: %s is missing (%s); on Debian: apt-get install %s\n' \
        "${packages[$i]}" "${reasons[$i]}" "${packages[$i]}" >&2
done

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a container would do, without an engine: the build steps of the Containerfile in a scratch folder, then the
# server as another user, on a tree that user cannot write, with the image's variables, and its health check. Run it as
# root; some minutes and 1 GB. It proves nothing about the base images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
[ "$(id -u)" = 0 ] || { echo "run it as root: it starts the server as another user" >&2; exit 2; }
scratch=$(mktemp -d /tmp/counterseal-ops.XXXXXX)
server=
trap '[ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
mkdir "$scratch/src" "$scratch/src/ops"
cp -r pyproject.toml requirements.lock README.md LICENSE src policies attacks "$scratch/src/"
cp -r ops/container "$scratch/src/ops/"
find "$scratch/src" -name __pycache__ -prune -exec rm -rf {} +
(cd "$scratch/src" && sh ops/container/build.sh "$scratch/opt" 2>"$scratch/build.err") || { cat "$scratch/build.err"; exit 1; }
echo "built: $(ls "$scratch"/src/dist), $(ls "$scratch"/opt/lib/python3*/site-packages | grep -c dist-info) packages, $(du -sm "$scratch/opt" | cut -f1) MB"
install -d -o 65532 -g 65532 -m 0700 "$scratch/data"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cd "$scratch/data"
# The program's own tree is root's, so this user can read it and no more, as on a read-only root file system.
env -i PATH="$scratch/opt/bin:/usr/bin:/bin" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/nonexistent \
    COUNTERSEAL_DATABASE="$scratch/data/counterseal.db" COUNTERSEAL_MASTER_KEY_FILE="$scratch/data/master.key" \
    COUNTERSEAL_ROOT_KEY_FILE="$scratch/data/root.key" COUNTERSEAL_HOST=127.0.0.1 COUNTERSEAL_PORT="$port" \
    setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs --bounding-set -all \
    "$scratch/opt/bin/counterseal" serve >"$scratch/server.log" 2>&1 &
server=$!
check='import os, urllib.request as u; u.urlopen("http://127.0.0.1:" + os.environ.get("COUNTERSEAL_PORT", "8400") + "/healthz", timeout=4)'
grep -qF "'/healthz', timeout=4" "$OLDPWD/Containerfile" # the same check
for _ in $(seq 120); do
    COUNTERSEAL_PORT=$port "$scratch/opt/bin/python" -c "$check" 2>/dev/null && break
    kill -0 "$server" || { cat "$scratch/server.log"; exit 1; }
    sleep 0.5
done
COUNTERSEAL_PORT=$port "$scratch/opt/bin/python" -c "$check"
[ "$(ps -o uid= -p "$server" | tr -d ' ')" = 65532 ]
[ -z "$(find "$scratch/opt" -newer "$scratch/server.log" -type f)" ]
[ -z "$(find "$scratch/opt" -user 65532)" ]
kill -TERM "$server"
wait "$server" && status=0 || status=$?
server=
[ "$status" = 0 ] || { echo "ended with $status"; cat "$scratch/server.log"; exit 1; }
echo "served as 65532 on a tree it cannot write, healthy, ended with 0"

# SPDX-License-Identifier: Apache-2.0
"""Runs inside privacyIDEA's own environment: `python peer_seed.py COUNT` gives it that many TOTP tokens.

Each has a serial and no user, and a policy says that no PIN is asked for (else each check hashes the empty one
with Argon2, half a second): the cheapest check that privacyIDEA offers. Its configuration comes from
PRIVACYIDEA_CONFIGFILE.
"""

from __future__ import annotations

import sys

from privacyidea.app import create_app  # type: ignore[import-not-found] # only in that environment
from privacyidea.lib.policy import SCOPE, set_policy  # type: ignore[import-not-found]
from privacyidea.lib.token import init_token  # type: ignore[import-not-found]


def main() -> None:
    """Make the tokens; the seed is the number, 20 bytes."""
    app = create_app(config_name="production", config_file="", silent=True)
    with app.app_context():
        set_policy("bench", scope=SCOPE.AUTH, action="otppin=none")
        for number in range(int(sys.argv[1])):
            given = {
                "type": "totp",
                "otpkey": number.to_bytes(20).hex(),
                "serial": f"BENCH{number}",
                "hashlib": "sha1",
                "timeStep": 30,
                "pin": "",
            }
            init_token(given)


if __name__ == "__main__":
    main()

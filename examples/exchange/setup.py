# SPDX-License-Identifier: Apache-2.0
"""Once per exchange: tokens with the fewest scopes, the attestation key, and a folder for each part."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from counterseal.sdk import Counterseal, jwk
from examples.exchange.auth import PLATFORM
from examples.exchange.parts import CONFIG, SHARED, Config, Peer, write_private

SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "web": ("actions:read", "actions:write", "accounts:freeze"),
    "auth": ("accounts:read", "accounts:write", "actions:read", "decisions:staff"),
    "payer": ("seals:redeem",),
    "feed": ("prices:write",),
    "coverage": ("audit:read",),
}
WORLD_SCOPES: Final = (  # of the demonstration's world, which no platform has: clock, mailboxes, desk and thief
    *("accounts:read", "actions:read", "actions:write", "decisions:staff", "prices:write", "clock:write", "admin"),
)
DAYS: Final = 90  # a token's life


def set_up(
    admin: Counterseal,
    guard: str,
    home: Path,
    ports: Mapping[str, int],
    root: Mapping[str, Any] | None = None,
    public: str = "",
) -> dict[str, Config]:
    """Make everything; FileExistsError if this was done before. `root`: the guard's root key, from its ceremony.

    Without `root` it is taken from the guard itself: whoever answers for the guard now is believed for ever.
    A port for `world` makes a demonstration with pages: `public` is the guard's origin as browsers see it.
    """
    simulated = admin.read_clock().simulated
    pinned = dict(root) if root is not None else admin.key_set().root
    scopes_of = {**SCOPES, **({"world": WORLD_SCOPES} if "world" in ports else {})}
    keys = {name: secrets.token_urlsafe(32) for name in ("auth", "payer", "world") if name in ports}
    peers = {name: Peer(f"http://127.0.0.1:{ports[name]}", keys[name]) for name in keys}
    configs: dict[str, Config] = {}
    for name, scopes in scopes_of.items():
        made = admin.create_token(f"{name} of the example exchange", PLATFORM, scopes, days=DAYS)
        if made.token is None:
            raise ValueError("the guard repeated an earlier answer")
        configs[name] = Config(
            guard=guard,
            token=made.token,
            port=ports.get(name, 0),
            own=keys.get(name, ""),
            auth=peers["auth"] if name == "web" else None,
            payer=peers["payer"] if name in {"web", "world"} else None,
            world=peers.get("world") if name == "web" else None,
            public=public or guard,
            root=pinned if name == "payer" else None,
            simulated=simulated,
        )
        write_private(home / name / CONFIG, msgspec.json.encode(configs[name]))
    if "records" in ports:
        configs["records"] = _records(guard, home / "records", ports["records"], simulated=simulated)
    _attestation_key(admin, home / "auth" / "attestation.key")
    return configs


def _records(guard: str, folder: Path, port: int, *, simulated: bool) -> Config:
    """No token of the guard: the desk asks here, and nobody else."""
    config = Config(guard=guard, token="", port=port, simulated=simulated)
    write_private(folder / CONFIG, msgspec.json.encode(config))
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    write_private(folder / SHARED, secret.encode("ascii"))
    return config


def _attestation_key(admin: Counterseal, path: Path) -> None:
    """Made where the auth service lives; only the public half leaves."""
    key = Ed25519PrivateKey.generate()
    write_private(path, key.private_bytes_raw())
    raw = key.public_key().public_bytes_raw()
    admin.register_attestation_key(jwk.public_jwk(raw), PLATFORM, key_id=jwk.thumbprint(raw))

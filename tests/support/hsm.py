# SPDX-License-Identifier: Apache-2.0
"""Tokens of SoftHSM in a folder of their own: a real PKCS#11 library, its keys in files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pkcs11

from counterseal.gateways import kms_pkcs11
from counterseal.gateways.kms_pkcs11 import TokenSite, make_key

PIN = "not-a-guess-7193"
LIBRARIES = (
    "/usr/lib/softhsm",
    "/usr/lib/x86_64-linux-gnu/softhsm",
    "/usr/lib/aarch64-linux-gnu/softhsm",
    "/usr/lib64",
)


def library() -> str:
    """Where Debian and Fedora put it."""
    found = (Path(folder) / "libsofthsm2.so" for folder in LIBRARIES)
    return str(next(path for path in found if path.exists()))


def unload() -> None:
    """As after a restart of this process: nobody is logged in."""
    pkcs11.lib(library()).finalize()
    kms_pkcs11._libraries.clear()


class SoftToken:
    """Tokens in `folder`. While this process uses them its SOFTHSM2_CONF says so; there is one at a time."""

    def __init__(self, folder: Path) -> None:
        self.tokens = folder / "tokens"
        self.tokens.mkdir(parents=True)
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\n")
        self.use()

    def use(self) -> None:
        """From here on the library of this process sees these tokens (once it is started anew)."""
        os.environ["SOFTHSM2_CONF"] = str(self.configuration)

    def make(self, token: str, label: str = "master") -> TokenSite:
        """A token with a key."""
        site = self.make_token(token, label)
        make_key(site, PIN)
        return site

    def make_token(self, token: str, label: str = "master") -> TokenSite:
        """A token without a key."""
        command = ("softhsm2-util", "--init-token", "--free", "--label", token, "--so-pin", PIN, "--pin", PIN)
        subprocess.run(command, check=True, capture_output=True, env=os.environ)
        return TokenSite(library(), token, label)

    def take_out(self) -> None:
        """The token is away."""
        self.tokens.rename(self.tokens.with_name("away"))

    def put_back(self) -> None:
        """And back."""
        self.tokens.with_name("away").rename(self.tokens)

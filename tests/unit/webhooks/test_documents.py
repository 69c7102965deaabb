# SPDX-License-Identifier: Apache-2.0
"""The sample of docs/webhooks.md works as it stands there, and its table has every type."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from counterseal.core.effects import Publish
from counterseal.core.happenings import CATALOGUE, body_of
from counterseal.webhooks import model as m

TEXT = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text("utf-8")


def test_the_sample_takes_each_message_once() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own document
    key, now = b"k" * 32, int(time.time() * 1000)
    made = m.Endpoint("wh_1", "https://a.test/", (), "", 0, "t", (), (m.Secret(key, 0),))
    body = body_of(Publish("ev_1", "account.frozen", {"kind": "owner"}, now, "u-1"))
    headers, seen = m.headers_of(made, "ev_1", body, now), set[str]()
    for _ in range(2):
        assert names["receive"](headers, body, [m.shown_secret(key)], seen) == 204
    assert seen == {"ev_1"}
    assert names["receive"](headers, body + b" ", [m.shown_secret(key)], seen) == 400


def test_the_table_has_every_type() -> None:
    found: set[str] = set()
    for line in re.findall(r"^\| (`[a-z][^|]*) \|", TEXT, re.MULTILINE):
        first = ""
        for name in re.findall(r"`([a-z_.]+)`", line):
            first = name.partition(".")[0] or first
            found.add(first + name if name.startswith(".") else name)
    assert found == set(CATALOGUE)

# SPDX-License-Identifier: Apache-2.0
"""Which requests come from a device that the account knows: throttling counts them apart from strangers."""

from __future__ import annotations

from counterseal.core.account import Action, State, object_key
from counterseal.core.engine.view import live


def known_device(state: State, action: Action, now: int) -> bool:
    """Whether the request comes from a device that the account knows. One that was removed is a stranger's."""
    device = state.objects.get(object_key("device", action.request.objects.get("device", "")))
    return device is not None and any(live(fact, now) for fact in device.facts.values())


def codes_sent(state: State, instance: str, known: bool, now: int) -> list[int]:  # noqa: FBT001
    """When codes went to a factor instance (ms), those asked for by the same kind of device (known or not)."""
    return [
        sent.issued
        for action in state.actions.values()
        if known_device(state, action, now) == known
        for sent in action.challenges.values()
        if sent.instance == instance
    ]

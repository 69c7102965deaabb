# SPDX-License-Identifier: Apache-2.0
"""Links of owners: made for the platform, opened by a browser, bound to the first one that acts."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from counterseal.core.account import State
from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.platform import Platform
from counterseal.core.policy.model import FactorSpec
from counterseal.core.transaction import Change, Commit, Idempotency, Loaded
from counterseal.guard.commands import subject_of
from counterseal.guard.links import (
    Link,
    LinkClosedError,
    Links,
    bound_to,
    check_open,
    check_return,
    make_token,
    read_token,
    subject_of_links,
)
from counterseal.guard.requests import RequestGiven
from counterseal.guard.tools import Tools, platform_in

ID_BYTES = 15
_read_ask = msgspec.json.Decoder(RequestGiven).decode
_write_ask = msgspec.json.Encoder(decimal_format="string").encode


class Made(msgspec.Struct, frozen=True):
    """A link that was made; its token follows from account and id."""

    account: str
    id: str
    expires: int


class Opened(msgspec.Struct, frozen=True):
    """A link that this browser may use, the account behind it, and what holds for everybody."""

    link: Link
    state: State
    platform: Platform


Keys = Callable[[int], tuple[bytes, ...]]


class Linking:
    """`keys`: what tokens are made under at a time (ms), the current one first. `origins`: where owners may be sent
    back to. `epoch`: the store's now."""

    def __init__(self, tools: Tools, keys: Keys, origins: frozenset[str], epoch: Callable[[], int]) -> None:
        self._tools, self._keys, self._origins, self._epoch = tools, keys, origins, epoch

    def token(self, made: Made) -> str:
        """The end of the link's address."""
        return make_token(made.account, made.id, self._keys(self._tools.clock.now())[0])

    async def make(
        self,
        account: str,
        *,
        return_url: str,
        language: str = "",
        action: str = "",
        enrol: str = "",
        ask: RequestGiven | None = None,
        idempotency: Idempotency | None = None,
    ) -> tuple[Made, bool]:
        """A link to approve `action`, or to enrol a factor by `ask`; (it, whether this repeats an earlier reply).

        Raises NotFoundError, ConflictError (the action is over) and InputError.
        """
        tools = self._tools
        check_return(return_url, self._origins)
        if bool(action) == bool(enrol) or bool(enrol) != (ask is not None):
            hint = "Send `action`, or `enrol` and `ask`."
            sentence = "a link is for an action, or for an enrolment and its request"
            raise InputError(sentence, code="link_purpose", hint=hint)
        if enrol and ask is not None:
            self._check_enrolment(enrol, ask)
        now, identity = tools.clock.now(), tools.random(ID_BYTES).hex()
        mine, home = subject_of_links(account), subject_of(account)

        def function(loaded: Loaded) -> Commit[Made]:
            state = loaded.states.get(home)
            if not isinstance(state, State):
                raise NotFoundError("there is no such account", code="unknown_account")
            if action and action not in state.actions:
                raise NotFoundError("there is no such action", code="unknown_action_id")
            at = max(now, loaded.latest)
            given = b"" if ask is None else _write_ask(ask)
            link = Link(identity, return_url, at, loaded.epoch, language, action, enrol, given)
            links = (loaded.states.get(mine) or Links()).with_link(link, at)
            return Commit(Made(account, identity, link.expires), (Change(mine, links),))

        done = await tools.store.transact([home, mine], function, now=now, idempotency=idempotency)
        return done.result, done.replayed

    def _check_enrolment(self, factor: str, ask: RequestGiven) -> None:
        policy = self._tools.policies.current
        rule, spec = policy.rules.get(ask.action), policy.vocabulary.factors.get(factor)
        if spec is None or not enrollable(spec):
            raise InputError(f"`{factor[:64]}` cannot be enrolled by a link", code="enrol_unexpected")
        if rule is None or factor not in rule.grants:
            raise InputError(f"`{ask.action[:64]}` does not bind `{factor}`", code="unknown_action")
        if ask.enrol:
            raise InputError("the owner's page adds what is enrolled", code="enrol_unexpected")

    async def open(self, token: str, browser: bytes) -> Opened:
        """What a link opens for this browser now; nothing is changed. Raises LinkClosedError."""
        tools = self._tools
        account, identity = read_token(token, *self._keys(tools.clock.now()))
        links = await tools.store.read(subject_of_links(account))
        found = links.find(identity) if isinstance(links, Links) else None
        state = await tools.store.read(subject_of(account))
        if not isinstance(state, State):
            raise LinkClosedError("the account of this link is gone")
        platform = await platform_in(tools.store)
        return Opened(check_open(found, browser, tools.clock.now(), self._epoch()), state, platform)

    async def bind(self, opened: Opened, browser: bytes) -> Opened:
        """The link, which this browser has to itself from now on. Raises LinkClosedError."""
        if opened.link.browser:
            return opened
        return replace(opened, link=await self._change(opened, browser, bound_to(browser)))

    async def adopt(self, opened: Opened, browser: bytes, action: str) -> Opened:
        """The link of an enrolment with the action that was asked for. Raises ConflictError if it has another."""

        def adopted(link: Link) -> Link:
            if link.action not in {"", action}:
                raise ConflictError("this link has led to another request", code="link_used")
            return replace(link, action=action)

        return replace(opened, link=await self._change(opened, browser, adopted))

    async def close(self, opened: Opened, browser: bytes) -> Opened:
        """The owner turned back: nothing can be enrolled by this link any more."""
        return replace(opened, link=await self._change(opened, browser, lambda link: replace(link, closed=True)))

    async def _change(self, opened: Opened, browser: bytes, change: Callable[[Link], Link]) -> Link:
        mine, now = subject_of_links(opened.state.id), self._tools.clock.now()
        identity = opened.link.id

        def function(loaded: Loaded) -> Commit[Link]:
            links, at = loaded.states.get(mine) or Links(), max(now, loaded.latest)
            link = change(check_open(links.find(identity), browser, at, loaded.epoch))
            return Commit(link, (Change(mine, links.with_link(link, at)),))

        return (await self._tools.store.transact([mine], function, now=now)).result


def enrollable(spec: FactorSpec) -> bool:
    """Whether an owner can enrol this class on a page: a passkey or an authenticator app."""
    return bool(spec.webauthn) or spec.name == "totp"


def request_of(link: Link) -> RequestGiven:
    """The request that binds what this link enrols."""
    return _read_ask(link.ask)

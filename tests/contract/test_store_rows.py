# SPDX-License-Identifier: Apache-2.0
"""The store's contract: timers, outbox, log, erasure, housekeeping, and what a restart keeps."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from counterseal.audit.keys import Ed25519Signer
from counterseal.audit.model import LogInconsistentError, SignedCheckpoint
from counterseal.core import leaf, merkle
from counterseal.core.checkpoint import Checkpoint, sign_checkpoint
from counterseal.core.errors import NotFoundError
from counterseal.core.transaction import Commit, Loaded, Store, Timer, TimerGoneError
from counterseal.store.erasure import KEEP
from counterseal.store.errors import StoreUsageError, SubjectErasedError
from tests.contract.conftest import Adapter
from tests.support.store import NOW, Answer, Counter, add, key, look, message

pytestmark = pytest.mark.anyio
A, B = "account:a", "account:b"


class TestTimers:
    async def test_due_timers_come_earliest_first(self, store: Store):
        timers = tuple(Timer(f"t-{number}", A, NOW + number % 4, "hold") for number in range(8))
        await store.transact([A], add(A, timers=timers), now=NOW)
        due = await store.due(NOW + 2)
        assert [(one.due_at - NOW, one.id) for one in due] == [
            (0, "t-0"),
            (0, "t-4"),
            (1, "t-1"),
            (1, "t-5"),
            (2, "t-2"),
            (2, "t-6"),
        ]
        assert await store.due(NOW + 2, limit=2) == due[:2]

    async def test_setting_moves_and_clearing_removes(self, store: Store):
        first = tuple(Timer(f"t-{number}", A, NOW, "hold") for number in range(3))
        await store.transact([A], add(A, timers=first), now=NOW)
        moved = Timer("t-0", A, NOW + 5, "later")
        again = Timer("t-1", A, NOW + 1, "hold")
        await store.transact([A], add(A, timers=(moved, again), cleared=("t-1", "t-2", "t-unknown")), now=NOW)
        assert await store.due(NOW + 9) == [again, moved]

    async def test_racing_workers_fire_a_timer_once(self, store: Store):
        timers = tuple(Timer(f"t-{number}", A, NOW, "hold") for number in range(5))
        await store.transact([A], add(A, timers=timers), now=NOW)
        fired = await asyncio.gather(
            *(store.transact([A], add(A), now=NOW, timer=f"t-{turn % 5}") for turn in range(50)),
            return_exceptions=True,
        )
        assert sum(isinstance(one, TimerGoneError) for one in fired) == 45
        assert await store.read(A) == Counter(6)
        assert await store.due(NOW) == []

    async def test_a_failed_firing_leaves_the_timer(self, store: Store):
        def fail(_):
            raise ValueError("mine")

        await store.transact([A], add(A, timers=(Timer("t", A, NOW, "hold"),)), now=NOW)
        with pytest.raises(ValueError, match="mine"):
            await store.transact([A], fail, now=NOW, timer="t")
        assert len(await store.due(NOW)) == 1

    async def test_firing_without_changes_removes_the_timer(self, store: Store):
        await store.transact([A], add(A, timers=(Timer("t", A, NOW, "hold"),)), now=NOW)
        await store.transact([A], look, now=NOW, timer="t")
        assert await store.due(NOW) == []

    async def test_a_firing_timer_may_set_itself_again(self, store: Store):
        timer = Timer("t", A, NOW, "hold")
        await store.transact([A], add(A, timers=(timer,)), now=NOW)
        next_time = Timer("t", A, NOW + 7, "hold")
        await store.transact([A], add(A, timers=(next_time,)), now=NOW, timer="t")
        assert await store.due(NOW + 7) == [next_time]

    async def test_a_timer_set_and_fired_in_one_batch(self, store: Store):
        timer = Timer("t", A, NOW, "hold")
        outcomes = await asyncio.gather(
            store.transact([A], add(A, timers=(timer,)), now=NOW),
            store.transact([A], add(A), now=NOW, timer="t"),
            store.transact([A], add(A), now=NOW, timer="t"),
            return_exceptions=True,
        )
        assert [isinstance(one, TimerGoneError) for one in outcomes] == [False, False, True]


class TestOutbox:
    async def test_messages_come_in_the_order_of_their_commits(self, store: Store):
        for number in range(6):
            await store.transact([A], add(A, messages=(message(f"m-{9 - number}", A),)), now=NOW - number)
        assert [one.id for one in await store.messages(NOW)] == [f"m-{9 - number}" for number in range(6)]
        assert [one.id for one in await store.messages(NOW, limit=2)] == ["m-9", "m-8"]

    async def test_a_worker_takes_only_its_topics(self, store: Store):
        rows = (message("a", A), msgspec.structs.replace(message("b", A), topic="relay"), message("c", A))
        await store.transact([A], add(A, messages=rows), now=NOW)
        assert [one.id for one in await store.messages(NOW, topics=("relay", "other"))] == ["b"]
        assert [one.id for one in await store.claim(NOW, lease=1_000, topics=("notice",))] == ["a", "c"]
        assert [one.id for one in await store.claim(NOW, lease=1_000, topics=("relay",))] == ["b"]
        assert await store.claim(NOW, lease=1_000, topics=("none",)) == []

    async def test_a_message_waits_for_its_time(self, store: Store):
        later = message("m", A, b"text", NOW + 5)
        await store.transact([A], add(A, messages=(later,)), now=NOW)
        assert await store.messages(NOW + 4) == []
        (found,) = await store.messages(NOW + 5)
        assert (found.payload, found.topic, found.subject, found.created, found.attempts) == (
            b"text",
            "notice",
            A,
            NOW,
            0,
        )

    async def test_delivered_messages_are_gone(self, store: Store):
        await store.transact([A], add(A, messages=(message("m", A), message("n", A))), now=NOW)
        await store.delivered("m", NOW)
        await store.delivered("m", NOW)
        await store.deferred("m", error="too late", retry_at=NOW)
        await store.delivered("unknown", NOW)
        assert [one.id for one in await store.messages(NOW)] == ["n"]

    async def test_a_message_that_is_given_up_is_gone_as_a_delivered_one(self, store: Store):
        await store.transact([A], add(A, messages=(message("m", A), message("n", A))), now=NOW)
        await store.delivered("m", NOW, error="no such\x00 mailbox")
        await store.deferred("m", error="too late", retry_at=NOW)
        assert [one.id for one in await store.messages(NOW)] == ["n"]

    async def test_deferred_messages_come_back_and_count(self, store: Store):
        await store.transact([A], add(A, messages=(message("m", A), message("n", A))), now=NOW)
        await store.deferred("m", error="no route\x00\ud800 to host", retry_at=NOW + 60)
        assert [one.id for one in await store.messages(NOW)] == ["n"]
        await store.deferred("m", error="again", retry_at=NOW + 30)
        assert [(one.id, one.attempts) for one in await store.messages(NOW + 30)] == [("m", 2), ("n", 0)]

    async def test_a_message_keeps_the_trace_that_caused_it(self, store: Store):
        """Beside any payload, whatever it begins with; one that is too long is refused, not cut."""
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        payloads = (b"", b"\xc1", b"\xc1\x37" + b"x" * 60, b"\x81\xa1a\x01")
        rows = [
            msgspec.structs.replace(message(f"{number}{mark}", A, payload), trace=given)
            for number, payload in enumerate(payloads)
            for mark, given in (("plain", ""), ("traced", trace))
        ]
        await store.transact([A], add(A, messages=tuple(rows)), now=NOW)
        found = [(one.id, one.payload, one.trace) for one in await store.messages(NOW)]
        assert found == [(one.id, one.payload, one.trace) for one in rows]
        for wrong in ("x" * 65, "träce"):
            bad = msgspec.structs.replace(message("wrong", A), trace=wrong)
            with pytest.raises(StoreUsageError, match="trace"):
                await store.transact([A], add(A, messages=(bad,)), now=NOW)

    async def test_what_was_not_tried_counts_as_no_failure(self, store: Store):
        """It waits until then; `afresh` takes back the failures before; what is over stays over."""
        await store.transact([A], add(A, messages=(message("m", A), message("n", A), message("o", A))), now=NOW)
        for name in ("m", "n"):
            await store.deferred(name, error="no route", retry_at=NOW)
        await store.delivered("o", NOW)
        await store.postponed("m", until=NOW + 60)
        assert [one.id for one in await store.messages(NOW)] == ["n"]
        await store.postponed("n", until=NOW, afresh=True)
        await store.postponed("o", until=NOW)
        await store.postponed("unknown", until=NOW)
        assert [(one.id, one.attempts) for one in await store.messages(NOW + 60)] == [("m", 1), ("n", 0)]

    async def test_what_was_claimed_can_be_given_back(self, store: Store):
        """Another worker has it at once; where there is one process nothing was taken from anybody."""
        await store.transact([A], add(A, messages=(message("m", A),)), now=NOW)
        (mine,) = await store.claim(NOW, lease=1_000)
        await store.postponed(mine.id, until=NOW + 1)
        assert [(one.id, one.attempts) for one in await store.claim(NOW + 1, lease=1_000)] == [("m", 0)]


class TestQueries:
    async def test_subjects_of_a_kind_page_in_id_order(self, store: Store):
        for name in ("c", "a", "b"):
            await store.transact([f"account:{name}"], add(f"account:{name}"), now=NOW)
        await store.transact(["request:a"], add("request:a"), now=NOW)
        assert await store.subjects("account", limit=2) == ["account:a", "account:b"]
        assert await store.subjects("account", after="account:b") == ["account:c"]
        assert await store.subjects("nothing") == []
        assert await store.subjects("system") == []

    async def test_entries_page_by_position_subject_and_action(self, store: Store):
        for number in range(12):
            subject = (A, B)[number % 2]
            payload = str(number).encode()
            action = f"act-{number % 3}" if number < 9 else None
            await store.transact([subject], add(subject, payload=payload, action=action), now=NOW)
        assert [one.position for one in await store.entries(after=3, limit=4)] == [4, 5, 6, 7]
        assert [one.payload for one in await store.entries(subject=B, limit=3)] == [b"1", b"3", b"5"]
        assert [one.position for one in await store.entries(action="act-1")] == [1, 4, 7]
        assert [one.position for one in await store.entries(subject=A, action="act-1")] == [4]
        assert [one.position for one in await store.entries(subject=A, after=8)] == [10]
        assert await store.entries(limit=0) == []
        assert await store.entries(action="act-9") == []


class TestLog:
    async def test_positions_are_dense_and_the_root_follows_from_the_leaves(self, store: Store):
        await asyncio.gather(
            *(store.transact([f"account:{turn % 7}"], add(f"account:{turn % 7}"), now=NOW) for turn in range(77))
        )
        entries = await store.log.entries(0, 100, opened=True)
        assert [one.leaf.seq for one in entries] == list(range(77))
        leaves = await store.log.leaves(0, 100)
        tree, _ = merkle.append(merkle.CompactRange(), [merkle.leaf_hash(one) for one in leaves])
        assert await store.log.root() == (77, merkle.root(tree))
        assert await store.log.size() == 77

    async def test_leaves_bind_payload_and_hide_the_subject(self, store: Store):
        await store.transact([A], add(A, payload=b"13800138000"), now=NOW)
        await store.transact([A], add(A, payload=b"13800138000"), now=NOW)
        first, second = await store.log.entries(0, 9, opened=True)
        assert first.salt is not None
        assert leaf.commit(first.salt, b"13800138000") == first.leaf.commitment
        assert first.leaf.commitment != second.leaf.commitment
        assert first.leaf.subject == second.leaf.subject
        for data in await store.log.leaves(0, 9):
            assert b"13800138000" not in data
            assert b"account" not in data
        closed = await store.log.entries(0, 9, opened=False)
        assert [(one.payload, one.salt) for one in closed] == [(None, None)] * 2

    async def test_stored_nodes_prove_inclusion_and_consistency(self, store: Store):
        roots = {}
        for number in range(1, 14):
            await store.transact([A], add(A), now=NOW)
            roots[number] = (await store.log.root())[1]
        entries = await store.log.entries(0, 99, opened=False)
        for size in (1, 5, 8, 13):
            for index in range(size):
                nodes = await _nodes(store, merkle.inclusion_nodes(index, size))
                proof = merkle.inclusion_proof(index, size, lambda *at, nodes=nodes: nodes[at])
                merkle.verify_inclusion(index, size, entries[index].digest, proof, roots[size])
            nodes = await _nodes(store, merkle.consistency_nodes(size, 13))
            proof = merkle.consistency_proof(size, 13, lambda *at, nodes=nodes: nodes[at])
            merkle.verify_consistency(size, 13, roots[size], roots[13], proof)
        with pytest.raises(LogInconsistentError):
            await store.log.nodes([(0, 13)])

    async def test_checkpoints_replace_those_of_their_size(self, store: Store):
        signer = Ed25519Signer.from_seed("log.example", bytes(32))
        assert await store.log.latest_checkpoint() is None
        signed = {}
        for size, time in ((3, NOW), (5, NOW + 1), (3, NOW + 2), (8, NOW + 3)):
            checkpoint = Checkpoint("log.example", size, bytes([size]) * 32, time, 0)
            signed[size] = SignedCheckpoint(checkpoint, sign_checkpoint(checkpoint, signer.key, signer))
            newest = await store.log.latest_checkpoint()
            await store.log.add_checkpoint(signed[size], after=newest)
        assert await store.log.checkpoints(0, 10) == [signed[3], signed[5], signed[8]]
        assert await store.log.checkpoints(3, 1) == [signed[5]]
        assert await store.log.latest_checkpoint() == signed[8]

    async def test_a_checkpoint_that_comes_second_is_not_kept(self, store: Store):
        """Two processes sign at once: only the first one's stands, and the second is given it."""
        signer = Ed25519Signer.from_seed("log.example", bytes(32))

        def signed(size: int, time: int) -> SignedCheckpoint:
            checkpoint = Checkpoint("log.example", size, bytes([size]) * 32, time, 0)
            return SignedCheckpoint(checkpoint, sign_checkpoint(checkpoint, signer.key, signer))

        first, second, third = signed(3, NOW), signed(3, NOW + 1), signed(4, NOW - 1)
        assert await store.log.add_checkpoint(first, after=None) == first
        for late in (second, third):
            assert await store.log.add_checkpoint(late, after=None) == first
        assert await store.log.checkpoints(0, 10) == [first]
        assert await store.log.add_checkpoint(second, after=first) == second


async def _nodes(store: Store, groups: list[list[tuple[int, int]]]) -> dict[tuple[int, int], bytes]:
    return dict(await store.log.nodes([node for group in groups for node in group]))


def both(loaded: Loaded) -> Commit[Answer]:
    """Change B, then A."""
    return Commit(Answer(0), (*add(B)(loaded).changes, *add(A)(loaded).changes))


class TestErasure:
    async def test_what_is_personal_is_gone_and_the_log_still_verifies(self, store: Store):
        await store.transact(
            [A],
            add(
                A,
                messages=(message("m", A),),
                timers=(Timer("t", A, NOW, "hold"),),
                aliases=("action:1",),
            ),
            now=NOW,
            idempotency=key("k"),
        )
        await store.transact([B], add(B, messages=(message("n", B),)), now=NOW)
        before = await store.log.leaves(0, 2)
        await store.erase(A, NOW + 1)
        assert await store.read(A) is None
        assert await store.resolve("action:1") is None
        assert await store.due(NOW) == []
        assert [one.id for one in await store.messages(NOW)] == ["n"]
        assert await store.replayed(key("k")) is None
        assert await store.subjects("account") == [B]
        stored = await store.entries()
        assert [(one.subject, one.kind, one.payload) for one in stored] == [
            (A, "ask", None),
            (B, "ask", b"payload"),
            (A, "erased", None),
        ]
        opened = await store.log.entries(0, 9, opened=True)
        assert [one.salt is None for one in opened] == [True, False, True]
        leaves = await store.log.leaves(0, 9)
        assert leaves[:2] == before
        tree, _ = merkle.append(merkle.CompactRange(), [merkle.leaf_hash(one) for one in leaves])
        assert await store.log.root() == (3, merkle.root(tree))

    async def test_an_erased_id_is_never_used_again(self, store: Store):
        await store.transact([A], add(A), now=NOW)
        await store.erase(A, NOW)
        assert (await store.transact([A], look, now=NOW)).result == Answer(0)
        with pytest.raises(SubjectErasedError):
            await store.transact([A], add(A), now=NOW)
        assert await store.read(A) is None

    async def test_erasing_twice_is_one_erasure(self, store: Store):
        await store.transact([A], add(A), now=NOW)
        await store.erase(A, NOW)
        await store.erase(A, NOW + 1)
        assert await store.log.size() == 2

    async def test_nobody_cannot_be_erased(self, store: Store):
        with pytest.raises(NotFoundError):
            await store.erase(A, NOW)

    async def test_erasure_among_racing_transactions(self, store: Store):
        await store.transact([A], add(A), now=NOW)
        outcomes = await asyncio.gather(
            *(store.transact([A], add(A), now=NOW) for _ in range(10)),
            store.erase(A, NOW),
            *(store.transact([A], add(A), now=NOW) for _ in range(10)),
            return_exceptions=True,
        )
        refused = [isinstance(one, SubjectErasedError) for one in outcomes]
        assert refused == sorted(refused)
        assert sum(refused) == 10
        assert [one.payload for one in await store.entries(subject=A)] == [None] * 12

    async def test_replies_of_an_erased_subject_are_gone_and_their_keys_free(self, store: Store):
        await store.transact([A], add(A, payload=None), now=NOW, idempotency=key("without-entry"))
        await store.transact([A, B], add(B), now=NOW, idempotency=key("of-b"))
        await store.transact([A, B], both, now=NOW, idempotency=key("of-both"))
        await store.transact([A], add(A), now=NOW, idempotency=key("with-entry"))
        await store.erase(A, NOW)
        for name in ("without-entry", "with-entry", "of-both"):
            assert await store.replayed(key(name)) is None
            again = await store.transact([B], add(B), now=NOW, idempotency=key(name))
            assert not again.replayed
            assert await store.replayed(key(name)) is not None
        assert await store.replayed(key("of-b")) is not None


class TestSweep:
    async def test_old_replies_and_delivered_messages_go(self, store: Store):
        await store.transact(
            [A], add(A, messages=(message("m", A), message("n", A))), now=NOW, idempotency=key("k")
        )
        await store.transact([A], add(A), now=NOW + 1, idempotency=key("l"))
        await store.delivered("m", NOW)
        assert (await store.sweep(NOW + KEEP)).replies == 0
        swept = await store.sweep(NOW + KEEP + 1)
        assert (swept.replies, swept.messages) == (1, 1)
        assert await store.replayed(key("k")) is None
        assert await store.replayed(key("l")) is not None
        assert [one.id for one in await store.messages(NOW)] == ["n"]


class TestRestart:
    async def test_a_store_opened_again_has_everything(self, durable_adapter: Adapter):
        store = durable_adapter.open()
        for number in range(9):
            subject = (A, B)[number % 2]
            await store.transact(
                [subject], add(subject, text="é帳"), now=NOW + number, idempotency=key(str(number))
            )
        timer = Timer("t", A, NOW, "hold")
        await store.transact(
            [A], add(A, timers=(timer,), messages=(message("m", A),), aliases=("action:1",)), now=NOW
        )
        await store.transact(["account:c"], add("account:c"), now=NOW)
        await store.erase("account:c", NOW)
        entries, root = await store.entries(), await store.log.root()
        again = durable_adapter.open()
        assert (await again.read(A), await again.read(B)) == (Counter(6), Counter(4, "é帳"))
        assert (await again.entries(), await again.log.root()) == (entries, root)
        assert (await again.replayed(key("8"))).result == Answer(5)
        assert await again.due(NOW) == [timer]
        assert [one.id for one in await again.messages(NOW)] == ["m"]
        assert await again.resolve("action:1") == A
        with pytest.raises(SubjectErasedError):
            await again.transact(["account:c"], add("account:c"), now=NOW)
        with pytest.raises(TimerGoneError):
            await again.transact([A], add(A), now=NOW, timer="u")
        latest = await again.transact([A], add(A, messages=(message("n", A),)), now=NOW, timer="t")
        assert (latest.result, latest.positions) == (Answer(7), (len(entries),))
        assert [one.id for one in await again.messages(NOW)] == ["m", "n"]
        assert again.latest == NOW + 8

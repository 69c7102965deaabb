# SPDX-License-Identifier: Apache-2.0
"""The store's contract: atomic, ordered, and once per idempotency key."""

from __future__ import annotations

import asyncio

import pytest

from counterseal.core.errors import InputError
from counterseal.core.transaction import (
    Change,
    Commit,
    DuplicateAliasError,
    IdempotencyMismatchError,
    Loaded,
    Store,
    Timer,
)
from counterseal.store.errors import StoreUsageError
from tests.support.store import NOW, Answer, Counter, add, entry, key, look, message

pytestmark = pytest.mark.anyio
A, B = "account:a", "account:b"


class TestAtomicity:
    async def test_state_entry_timer_message_and_alias_commit_together(self, store: Store):
        committed = await store.transact(
            [A],
            add(
                A,
                5,
                payload=b"secret",
                action="act-1",
                timers=(Timer("t-1", A, NOW + 10, "hold"),),
                messages=(message("m-1", A),),
                aliases=("action:act-1",),
            ),
            now=NOW,
        )
        assert (committed.result, committed.positions, committed.replayed) == (Answer(5), (0,), False)
        assert await store.read(A) == Counter(5)
        assert await store.resolve("action:act-1") == A
        assert await store.due(NOW + 10) == [Timer("t-1", A, NOW + 10, "hold")]
        assert [one.id for one in await store.messages(NOW)] == ["m-1"]
        (stored,) = await store.entries()
        assert (stored.position, stored.subject, stored.kind, stored.at) == (0, A, "ask", NOW)
        assert (stored.payload, stored.action) == (b"secret", "act-1")

    async def test_what_the_function_raises_comes_back_and_nothing_is_kept(self, store: Store):
        def fail(_: Loaded):
            raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            await store.transact([A], fail, now=NOW, idempotency=key("k"))
        assert await store.read(A) is None
        assert await store.replayed(key("k")) is None
        assert await store.entries() == []

    @pytest.mark.parametrize("fault", [StopIteration, asyncio.CancelledError, GeneratorExit, RecursionError])
    async def test_whatever_is_raised_harms_nobody_else(self, store: Store, fault: type[BaseException]):
        def fail(_: Loaded):
            raise fault

        outcomes = await asyncio.gather(
            *(store.transact([A], function, now=NOW) for function in (add(A), fail, add(A))),
            return_exceptions=True,
        )
        assert [getattr(one, "result", None) for one in outcomes] == [Answer(1), None, Answer(2)]
        assert await store.read(A) == Counter(2)

    async def test_a_failure_leaves_the_others_of_its_batch_alone(self, store: Store):
        def fail(loaded: Loaded):
            assert loaded.states[A] is not None
            raise ValueError("mine")

        await store.transact([A], add(A), now=NOW)
        calls = [store.transact([A], fail if turn % 3 == 1 else add(A), now=NOW) for turn in range(30)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(one) is ValueError for one in outcomes] == [turn % 3 == 1 for turn in range(30)]
        assert await store.read(A) == Counter(21)
        assert len(await store.entries()) == 21

    async def test_two_subjects_change_together_or_not_at_all(self, store: Store):
        def move(loaded: Loaded):
            value = loaded.states[A].value
            return Commit(
                Answer(value),
                (Change(A, Counter(value - 3), entry(b"out")), Change(B, Counter(3), entry(b"in"))),
            )

        def refused(loaded: Loaded):
            commit = move(loaded)
            taken = Change(B, Counter(9), entry(b"in"), aliases=("action:1",))
            return Commit(commit.result, (commit.changes[0], taken))

        await store.transact([A], add(A, 10, aliases=("action:1",)), now=NOW)
        committed = await store.transact([A, B], move, now=NOW)
        assert committed.positions == (1, 2)
        with pytest.raises(DuplicateAliasError):
            await store.transact([A, B], refused, now=NOW)
        assert (await store.read(A), await store.read(B)) == (Counter(7), Counter(3))
        assert [one.subject for one in await store.entries()] == [A, A, B]

    async def test_a_result_that_cannot_be_stored_fails_before_anything_is_kept(self, store: Store):
        def odd(loaded: Loaded):
            return Commit(object(), add(A)(loaded).changes)  # type: ignore[type-var]

        with pytest.raises(TypeError):
            await store.transact([A], odd, now=NOW, idempotency=key("k"))
        assert await store.read(A) is None

    async def test_a_state_that_cannot_be_stored_fails_before_anything_is_kept(self, store: Store):
        def odd(_: Loaded):
            return Commit(Answer(1), (Change(B, Counter(1)), Change(A, object())))

        with pytest.raises(TypeError):
            await store.transact([A, B], odd, now=NOW)
        assert (await store.read(A), await store.read(B)) == (None, None)

    async def test_a_function_without_changes_writes_nothing(self, store: Store):
        await store.transact([A], add(A, 4), now=NOW)
        committed = await store.transact([A, B], look, now=NOW + 99)
        assert (committed.result, committed.positions) == (Answer(4), ())
        latest = await store.transact([A], lambda loaded: Commit(Answer(loaded.latest)), now=NOW)
        assert latest.result == Answer(NOW)

    async def test_a_state_of_none_leaves_the_subject_with_its_log(self, store: Store):
        def drop(_: Loaded):
            return Commit(Answer(0), (Change(A, None, entry(b"gone")),))

        await store.transact([A], add(A), now=NOW)
        await store.transact([A], drop, now=NOW)
        assert await store.read(A) is None
        assert [one.payload for one in await store.entries(subject=A)] == [b"payload", b"gone"]
        await store.transact([A], add(A, 7), now=NOW)
        assert await store.read(A) == Counter(7)

    async def test_dropping_and_setting_within_one_batch(self, store: Store):
        def drop(_: Loaded):
            return Commit(Answer(0), (Change(A, None),))

        await asyncio.gather(
            *(store.transact([A], function, now=NOW) for function in (add(A), drop, add(A, 5))),
            *(store.transact([B], function, now=NOW) for function in (add(B), drop_b)),
        )
        assert (await store.read(A), await store.read(B)) == (Counter(5), None)

    async def test_the_last_of_two_changes_of_one_subject_stands(self, store: Store):
        def twice(_: Loaded):
            changes = (Change(A, Counter(1), entry(b"1")), Change(A, Counter(2), entry(b"2")))
            return Commit(Answer(0), changes)

        committed = await store.transact([A], twice, now=NOW)
        assert committed.positions == (0, 1)
        assert await store.read(A) == Counter(2)
        assert [one.payload for one in await store.entries()] == [b"1", b"2"]


def drop_b(_: Loaded):
    return Commit(Answer(0), (Change(B, None),))


class TestOrder:
    async def test_racing_transactions_lose_no_update(self, store: Store):
        outcomes = await asyncio.gather(*(store.transact([A], add(A), now=NOW) for _ in range(100)))
        assert sorted(one.result.value for one in outcomes) == list(range(1, 101))
        assert await store.read(A) == Counter(100)

    async def test_each_function_sees_the_position_that_its_entry_gets(self, store: Store):
        def place(loaded: Loaded):
            return Commit(Answer(loaded.position), (Change(A, Counter(0), entry()),))

        outcomes = await asyncio.gather(*(store.transact([A], place, now=NOW) for _ in range(40)))
        assert all(one.positions == (one.result.value,) for one in outcomes)
        assert sorted(one.result.value for one in outcomes) == list(range(40))

    async def test_latest_time_never_goes_back(self, store: Store):
        seen = []

        def note(loaded: Loaded):
            seen.append(loaded.latest)
            return add(A)(loaded)

        for now in (NOW + 50, NOW, NOW + 20, NOW + 60):
            await store.transact([A], note, now=now)
        assert seen == [0, NOW + 50, NOW + 50, NOW + 50]
        final = await store.transact([A], lambda loaded: Commit(Answer(loaded.latest)), now=NOW)
        assert final.result == Answer(NOW + 60)


class TestIdempotency:
    async def test_the_same_request_gets_the_same_answer(self, store: Store):
        first = await store.transact([A], add(A, 3), now=NOW, idempotency=key("k"))
        again = await store.transact([A], add(A, 3), now=NOW + 1, idempotency=key("k"))
        assert (again.result, again.positions, again.replayed) == (Answer(3), first.positions, True)
        assert await store.replayed(key("k")) == again
        assert await store.read(A) == Counter(3)

    async def test_another_body_under_the_same_key_is_refused(self, store: Store):
        await store.transact([A], add(A, 3), now=NOW, idempotency=key("k"))
        other = key("k", b"c" * 32)
        with pytest.raises(IdempotencyMismatchError):
            await store.transact([A], add(A, 4), now=NOW, idempotency=other)
        with pytest.raises(IdempotencyMismatchError):
            await store.replayed(other)
        assert await store.read(A) == Counter(3)

    async def test_racing_requests_under_one_key_run_once(self, store: Store):
        outcomes = await asyncio.gather(
            *(store.transact([A], add(A), now=NOW, idempotency=key("k")) for _ in range(50))
        )
        assert {one.result for one in outcomes} == {Answer(1)}
        assert sum(not one.replayed for one in outcomes) == 1
        assert await store.read(A) == Counter(1)
        assert len(await store.entries()) == 1

    async def test_scope_and_key_do_not_run_together(self, store: Store):
        one, two = key("c"), key("bc")
        one = type(one)("ab", "c", one.body, Answer)
        two = type(two)("a", "bc", two.body, Answer)
        await store.transact([A], add(A), now=NOW, idempotency=one)
        assert not (await store.transact([A], add(A), now=NOW, idempotency=two)).replayed

    async def test_an_answer_without_changes_is_kept_too(self, store: Store):
        await store.transact([A], add(A, 2), now=NOW)
        await store.transact([A], look, now=NOW, idempotency=key("k"))
        await store.transact([A], add(A, 2), now=NOW)
        assert (await store.transact([A], look, now=NOW, idempotency=key("k"))).result == Answer(2)

    async def test_an_answer_about_nobody_is_kept_too(self, store: Store):
        await store.transact([B], look, now=NOW, idempotency=key("k"))
        replay = await store.transact([B], look, now=NOW, idempotency=key("k"))
        assert (replay.result, replay.replayed) == (Answer(0), True)
        assert (await store.transact([], look, now=NOW, idempotency=key("l"))).result == Answer(0)

    async def test_a_failed_request_may_be_tried_again(self, store: Store):
        def fail(_: Loaded):
            raise ValueError("mine")

        with pytest.raises(ValueError, match="mine"):
            await store.transact([A], fail, now=NOW, idempotency=key("k"))
        assert not (await store.transact([A], add(A), now=NOW, idempotency=key("k"))).replayed


class TestUnique:
    async def test_an_alias_is_taken_once(self, store: Store):
        await store.transact([A], add(A, aliases=("action:1",)), now=NOW)
        for subject in (A, B):
            with pytest.raises(DuplicateAliasError):
                await store.transact([subject], add(subject, aliases=("action:1",)), now=NOW)
        assert await store.resolve("action:1") == A
        assert await store.resolve("action:2") is None

    async def test_racing_claims_of_one_alias_have_one_winner(self, store: Store):
        subjects = [f"account:{number}" for number in range(20)]
        await store.transact([A], add(A, aliases=("action:old",)), now=NOW)
        calls = [
            store.transact([one], add(one, aliases=("action:new" if turn % 2 else "action:old",)), now=NOW)
            for turn, one in enumerate(subjects)
        ]
        calls += [store.transact([B], add(B), now=NOW) for _ in range(5)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        won = [one for one in outcomes[:20] if not isinstance(one, BaseException)]
        assert len(won) == 1
        assert sum(isinstance(one, DuplicateAliasError) for one in outcomes) == 19
        assert await store.read(B) == Counter(5)
        assert len(await store.entries()) == 7

    async def test_one_commit_cannot_claim_an_alias_twice(self, store: Store):
        with pytest.raises(DuplicateAliasError):
            await store.transact([A], add(A, aliases=("action:1", "action:1")), now=NOW)
        assert await store.resolve("action:1") is None

    async def test_a_message_id_is_used_once(self, store: Store):
        await store.transact([A], add(A, messages=(message("m", A),)), now=NOW)
        with pytest.raises(DuplicateAliasError):
            await store.transact([A], add(A, messages=(message("m", A),)), now=NOW)
        assert await store.read(A) == Counter(1)


class TestBadInput:
    @pytest.mark.parametrize(
        "subject",
        [
            "account:\x00",
            "account:a\x00b",
            "account:\ud800",
            "account:a\u202eb",
            "account:a\u200bb",
            "account:e\u0301",
            "account:a b",
            "account:a\nb",
            "account:",
            "account",
            "",
            ":a",
            "a-b:c",
            "account:" + "x" * 300,
        ],
    )
    async def test_odd_subject_ids_are_refused_everywhere(self, store: Store, subject: str):
        calls = (
            lambda: store.transact([subject], look, now=NOW),
            lambda: store.read(subject),
            lambda: store.entries(subject=subject),
            lambda: store.erase(subject, NOW),
        )
        for call in calls:
            with pytest.raises(InputError):
                await call()

    async def test_letters_of_any_language_are_welcome(self, store: Store):
        subject = "account:帳戶-é"
        await store.transact([subject], add(subject), now=NOW)
        assert await store.subjects("account") == [subject]

    @pytest.mark.parametrize("odd", ["", "\x00", "\ud800", "a\u202eb", "x" * 257])
    async def test_odd_ids_in_a_change_fail_their_caller_only(self, store: Store, odd: str):
        functions = (
            add(A, aliases=(odd,)),
            add(A, timers=(Timer(odd, A, NOW, "k"),)),
            add(A, cleared=(odd,)),
            add(A, messages=(message(odd, A),)),
            add(A, action=odd),
        )
        outcomes = await asyncio.gather(
            *(store.transact([A], function, now=NOW) for function in functions),
            store.transact([B], add(B), now=NOW),
            return_exceptions=True,
        )
        assert [isinstance(one, InputError) for one in outcomes] == [True] * 5 + [False]
        for call in (
            lambda: store.resolve(odd),
            lambda: store.replayed(key(odd)),
            lambda: store.transact([A], look, now=NOW, idempotency=key(odd)),
            lambda: store.transact([A], look, now=NOW, timer=odd),
        ):
            with pytest.raises(InputError):
                await call()

    @pytest.mark.parametrize("number", [-1, 2**53, 2**63, 2**64])
    async def test_numbers_beyond_json_fail_their_caller_only(self, store: Store, number: int):
        calls = (
            store.transact([A], add(A, timers=(Timer("t", A, number, "k"),)), now=NOW),
            store.transact([A], add(A, messages=(message("m", A, not_before=number),)), now=NOW),
            store.transact([A], lambda _: Commit(Answer(0), (Change(A, None, entry(at=number)),)), now=NOW),
            store.transact([A], add(A), now=number),
            store.transact([B], add(B), now=NOW),
        )
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [isinstance(one, InputError) for one in outcomes] == [True] * 4 + [False]

    async def test_what_was_not_loaded_cannot_be_changed_or_addressed(self, store: Store):
        for function in (
            add(A, messages=(message("m", B),)),
            add(A, timers=(Timer("t", B, NOW, "k"),)),
            lambda _: Commit(Answer(0), (Change(B, Counter(1)),)),
        ):
            with pytest.raises(StoreUsageError):
                await store.transact([A], function, now=NOW)
        assert await store.read(A) is None

    async def test_a_message_to_nobody_is_refused(self, store: Store):
        with pytest.raises(StoreUsageError):
            await store.transact([A, B], add(A, messages=(message("m", B),)), now=NOW)

    async def test_a_kind_without_codec_has_no_state(self, store: Store):
        with pytest.raises(StoreUsageError):
            await store.transact(["ghost:a"], add("ghost:a"), now=NOW)
        only_log = Change("ghost:a", None, entry(b"seen"))
        await store.transact(["ghost:a"], lambda _: Commit(Answer(0), (only_log,)), now=NOW)
        assert [one.payload for one in await store.entries(subject="ghost:a")] == [b"seen"]

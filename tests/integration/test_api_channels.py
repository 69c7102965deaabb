# SPDX-License-Identifier: Apache-2.0
"""A test message on a channel: to whoever the administrator names, about nobody, a few a minute."""

from __future__ import annotations

from tests.support.server import Live, problem, served

ME = "admin@example.test"


@served()
async def test_every_channel_of_the_vocabulary_is_listed(live: Live) -> None:
    found = await live.get("/v1/channels")
    names = [each["name"] for each in found["items"]]
    assert names == list(live.application.policies.current.vocabulary.channels)
    assert found["outbox"] is True
    assert all(each["ready"] for each in found["items"])


@served()
async def test_a_test_message_goes_to_that_address_once_however_often_it_is_repeated(
    live: Live,
) -> None:
    for _ in range(2):
        taken = await live.post("/v1/channels/email/test", {"to": ME, "language": "zh"}, key="one")
        assert taken["channel"] == "email"
    sent = await live.messages("email")
    assert [each["to"] for each in sent] == [ME]
    assert "测试消息" in sent[0]["subject"]
    assert "http" not in sent[0]["text"]
    await live.post("/v1/channels/email/test", {"to": "other@example.test"}, key="two")
    assert len(await live.messages("email")) == 2


@served()
async def test_tests_are_few_and_wrong_ones_are_refused(live: Live) -> None:
    problem(await live.call("POST", "/v1/channels/pigeon/test", {"to": ME}), 404, "channel_not_found")
    problem(await live.call("POST", "/v1/channels/email/test", {"to": "  "}), 422, "address_missing")
    problem(await live.call("POST", "/v1/channels/email/test", {"to": "a\nb"}), 422, "validation_failed")
    problem(await live.call("POST", "/v1/channels/email/test", {"to": ME}, token="ines"), 403, "insufficient_scope")
    for number in range(5):
        await live.post("/v1/channels/push/test", {"to": f"device-{number}"})
    problem(await live.call("POST", "/v1/channels/push/test", {"to": "device-5"}), 429, "throttled")
    await live.advance(60_000)
    await live.post("/v1/channels/push/test", {"to": "device-6"})


@served()
async def test_a_test_message_leaves_one_entry_in_the_log_whether_a_channel_took_it_or_not(live: Live) -> None:
    """Who and on which channel; the address only as a page shows it."""

    async def tests_logged() -> list[int]:
        found = (await live.get("/v1/log/entries?first=0&limit=1000"))["entries"]
        return [each["position"] for each in found if each["kind"] == "channel_test"]

    for _ in range(2):
        taken = await live.post("/v1/channels/email/test", {"to": ME}, key="one")
    assert await tests_logged() == [taken["log_position"]]
    record = (await live.application.store.entries(subject="channels:test"))[0]
    assert b'"channel":"email"' in (record.payload or b"")
    assert ME.encode() not in (record.payload or b"")


@served(outbox_folder=None)
async def test_a_channel_that_is_not_set_up_says_so(live: Live) -> None:
    assert [each["ready"] for each in (await live.get("/v1/channels"))["items"]].count(True) == 0
    problem(await live.call("POST", "/v1/channels/sms/test", {"to": "+85251234567"}), 409, "channel_missing")

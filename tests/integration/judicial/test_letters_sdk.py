# SPDX-License-Identifier: Apache-2.0
"""Letters, rule packs and rota through the client, against the server's own routes."""

from __future__ import annotations

from typing import Any

import msgspec

from counterseal.sdk import desk_letters as calls
from counterseal.sdk.transport import Call
from tests.support.letters import REQUEST, Chambers, in_chambers


async def answered(house: Chambers, call: Call[Any], **headers: str) -> Any:
    """What the client would make of the server's answer."""
    answer = await house.ines.call(call.method, call.path, call.body, headers=headers, key=call.key or None)
    assert answer.status_code in {200, 201}, answer.text
    content = answer.json()
    return msgspec.convert(content[call.member] if call.member else content, call.reply)


@in_chambers()
async def test_every_call_fits_its_route(house: Chambers) -> None:
    """Write, edit, sign, send and discard; packs; shifts, absences and holidays."""
    options = await answered(house, calls.letter_options(REQUEST))
    written = calls.write_letter(
        REQUEST, "partial", contact=options.recipients[0].contact, reasons=("scope",), categories=("subscriber",)
    )
    letter = await answered(house, written)
    edited = await answered(house, calls.edit_letter(letter.id, letter.subject, letter.text + "Regards\n"))
    assert edited.digest != letter.digest
    approval = await house.approval(msgspec.to_builtins(edited), house.omar, house.vera)
    sent = await answered(house, calls.send_letter(letter.id, edited.digest, approval=approval), Approval=approval)
    assert (sent.state, len(sent.officers)) == ("approved", 2)
    other = await answered(house, calls.write_letter(REQUEST, "acknowledgement"))
    assert (await answered(house, calls.discard_letter(other.id))).state == "discarded"
    assert (await answered(house, calls.read_letter(letter.id))).text == edited.text
    assert [each.id for each in await answered(house, calls.list_letters(REQUEST))] == [letter.id, other.id]

    packs = await answered(house, calls.list_rule_packs())
    assert [each.name for each in packs] == ["eu-e-evidence", "generic", "mlat", "us"]
    assert (await answered(house, calls.read_rule_pack("us")))["pack"]["name"] == "us"

    shift = {
        "staff": house.omar.id,
        "duty": "desk",
        "days": [0, 6],
        "start": "00:00",
        "end": "24:00",
        "zone": "UTC",
    }
    rota = await answered(house, calls.enter_shift(shift | {"first": "2024-01-01"}))
    assert rota.on_duty == (house.omar.id,)  # a Sunday
    away = {"staff": house.omar.id, "start": 0, "end": 10**9, "to": house.vera.id}
    rota = await answered(house, calls.enter_absence(away))
    assert msgspec.to_builtins(rota.away[0])["to"] == house.vera.id
    await answered(house, calls.enter_holiday("2024-12-25", "Christmas Day"))
    rota = await answered(house, calls.remove_rota_entry("2024-12-25"))
    assert (rota.holidays, await answered(house, calls.read_rota())) == ((), rota)

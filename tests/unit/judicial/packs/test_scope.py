# SPDX-License-Identifier: Apache-2.0
"""The matrix: default deny, the house's rules above every pack, and each reason with its sentences."""

from __future__ import annotations

import msgspec
import pytest

from counterseal.gateways.desk_packs import DeskPacks, desk_pack_from, load_desk_pack_file
from counterseal.judicial.disclosure.model import NEVER, TIERS
from counterseal.judicial.packs.model import CATEGORIES, EMERGENCY_FIELDS, FIELD_TIERS, FIELDS_OF, IDENTIFIERS
from counterseal.judicial.packs.scope import allowed, basis_fault, fields_for, reviews_needed, scope_of, verdict
from counterseal.judicial.packs.verdicts import SENTENCES
from counterseal.judicial.requests.model import Field, Identifier, JudicialRequest, State, Type, Window
from tests.unit.judicial.packs.test_loader import GOOD

DAY = 86_400_000
RECEIVED = 1_795_404_000_000  # 2026-11-23
WEEK = Window(RECEIVED - 7 * DAY, RECEIVED)
PACKS = DeskPacks()
GENERIC = load_desk_pack_file("generic")


def request(**changes: object) -> JudicialRequest:
    """An order of a court about one account, found by its e-mail address, for subscriber data."""
    made = JudicialRequest(
        "req_1",
        "CS-2026-000001",
        Type.DISCLOSURE,
        State.EVIDENCE,
        RECEIVED,
        "desk",
        pack="generic",
        legal_basis="court_order",
        identifiers=(Identifier("email", "a@example.org"),),
        categories=("subscriber",),
        accounts=("acc_1",),
    )
    return msgspec.structs.replace(made, **changes)


def codes(held: JudicialRequest, **more: Type) -> list[str]:
    """What is wrong with it."""
    return [each.code for each in scope_of(PACKS.pack(held.pack), held, **more).faults]


def test_what_is_proposed_is_within_the_scope() -> None:
    """For every basis, category and identifier of every shipped pack: the proposal passes, field by field."""
    seen = 0
    for name in PACKS.names():
        pack = PACKS.pack(name)
        assert pack is not None
        for basis in pack.bases.values():
            for wanted in basis.types:
                for identifier in IDENTIFIERS:
                    held = request(
                        pack=name,
                        type=wanted,
                        legal_basis=basis.name,
                        identifiers=(Identifier(identifier, "x"), Identifier("account", "acc_1"))[-1:]
                        if identifier in {"name", "ip"}
                        else (Identifier(identifier, "x"),),
                        categories=tuple(sorted(CATEGORIES)),
                        window=WEEK,
                    )
                    fields = fields_for(pack, held)
                    seen += len(fields)
                    chosen = msgspec.structs.replace(held, fields=fields)
                    if fields:
                        assert scope_of(pack, chosen).within
                    for field in fields:
                        assert field.name not in NEVER
                        assert TIERS.index(field.tier) <= TIERS.index(basis.most_tier)
                        assert wanted is not Type.EMERGENCY or field.name in EMERGENCY_FIELDS
    assert seen > 300


@pytest.mark.parametrize("field", sorted(NEVER))
def test_what_opens_an_account_is_given_under_no_order(field: str) -> None:
    """Whatever the category is called."""
    for category in CATEGORIES:
        found = verdict(GENERIC, "court_order", category, field, "account", WEEK, wanted=Type.DISCLOSURE)
        assert (found.allowed, found.code) == (False, "never")
    assert codes(request(fields=(Field("acc_1", field, "T1", ""),))) == ["never"]


def test_no_category_names_a_field_that_is_never_given() -> None:
    """Nor one without a tier."""
    for fields in FIELDS_OF.values():
        assert not NEVER & set(fields)
        assert set(fields) <= set(FIELD_TIERS)
    assert set(FIELD_TIERS.values()) == set(TIERS)


def test_an_unknown_basis_category_or_identifier_gives_nothing() -> None:
    """Default deny."""
    assert not allowed(GENERIC, "court_order", "all_data", "account", WEEK)
    assert {"basis_unknown"} == {each.code for each in allowed(GENERIC, "decree", "subscriber", "email", WEEK)}
    assert {"identifier_not_taken"} == {
        each.code for each in allowed(GENERIC, "court_order", "subscriber", "name", WEEK)
    }
    assert {"not_in_matrix"} == {each.code for each in allowed(GENERIC, "police_inquiry", "traffic", "email", WEEK)}


@pytest.mark.parametrize(
    ("window", "code"),
    [
        (None, "window_missing"),
        (Window(5, 5), "window_invalid"),
        (Window(0, 365 * DAY + 1), "window_too_long"),
        (Window(0, 365 * DAY), "in_matrix"),
    ],
)
def test_what_an_account_did_needs_a_window_that_is_not_too_long(window: Window | None, code: str) -> None:
    """To the millisecond."""
    (found, *_) = allowed(GENERIC, "court_order", "transactions", "account", window)
    assert code == found.code
    assert found.allowed is (code == "in_matrix")


def test_an_emergency_gets_name_contact_and_last_address_and_nothing_else() -> None:
    """Under every pack that takes emergencies, whatever is asked for."""
    for name, basis in (
        ("generic", "danger_to_life"),
        ("us", "exigent_2702c4"),
        ("eu-e-evidence", "epoc_emergency"),
    ):
        pack = PACKS.pack(name)
        assert pack is not None
        held = request(pack=name, legal_basis=basis, type=Type.EMERGENCY, categories=tuple(CATEGORIES), window=WEEK)
        assert {each.name for each in fields_for(pack, held)} == EMERGENCY_FIELDS


def test_a_freeze_or_preservation_hands_out_nothing() -> None:
    """It is within the scope without fields, and not with any."""
    freeze = request(type=Type.FREEZE, categories=())
    assert codes(freeze) == []
    assert codes(
        msgspec.structs.replace(freeze, fields=(Field("acc_1", "name", "T1", ""),), categories=("subscriber",))
    ) == ["type_discloses_nothing"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"fields": ()}, ["fields_missing"]),
        ({"legal_basis": ""}, ["basis_missing"]),
        ({"legal_basis": "decree"}, ["basis_unknown"]),
        ({"pack": "nowhere"}, ["pack_missing"]),
        ({"categories": ("everything",)}, ["category_unknown", "category_not_asked"]),
        ({"categories": ()}, ["categories_missing", "category_not_asked"]),
        ({"accounts": ("acc_2",)}, ["account_unknown"]),
        ({"accounts": ("acc_1", "acc_2")}, ["identifiers_too_few"]),
        (
            {
                "accounts": ("acc_1", "acc_2"),
                "identifiers": (Identifier("email", "a@example.org"), Identifier("email", "A@example.org")),
            },
            ["identifiers_too_few"],
        ),
        ({"fields": (Field("acc_1", "name", "T0", ""),)}, ["tier_wrong"]),
        ({"fields": (Field("acc_1", "shoe_size", "T1", ""),)}, ["field_unknown"]),
        ({"fields": (Field("acc_1", "balances", "T3", ""),)}, ["category_not_asked"]),
        ({"fields": (Field("acc_1", "name", "T1", "", WEEK),)}, ["window_wider"]),
        ({"legal_basis": "danger_to_life"}, ["type_not_taken", "type_not_taken"]),
        ({"identifiers": (Identifier("name", "Li Wei"),)}, ["identifiers_too_few", "identifier_not_taken"]),
    ],
)
def test_each_way_out_of_the_scope_is_named(changes: dict[str, object], expected: list[str]) -> None:
    """One change to a request that is within it."""
    good = request(fields=(Field("acc_1", "name", "T1", ""),))
    assert codes(good) == []
    assert expected == codes(msgspec.structs.replace(good, **changes))


def test_a_field_must_stay_in_the_window_of_the_request() -> None:
    """A second request to widen the scope is another request, not another window."""
    held = request(categories=("traffic",), window=WEEK)
    inside = Field("acc_1", "sessions", "T2", "", Window(WEEK.start + 1, WEEK.end))
    outside = Field("acc_1", "sessions", "T2", "", Window(WEEK.start - 1, WEEK.end))
    without = Field("acc_1", "sessions", "T2", "")
    assert codes(msgspec.structs.replace(held, fields=(inside,))) == []
    assert codes(msgspec.structs.replace(held, fields=(outside,))) == ["window_wider"]
    assert codes(msgspec.structs.replace(held, fields=(without,))) == ["window_missing"]


def test_an_amendment_is_measured_as_what_it_amends() -> None:
    """The basis takes disclosures, so the amendment of one is within it."""
    held = request(type=Type.AMENDMENT, fields=(Field("acc_1", "name", "T1", ""),))
    assert "type_not_taken" in codes(held)
    assert codes(held, wanted=Type.DISCLOSURE) == []


def test_who_may_cite_a_basis_and_from_when() -> None:
    """Roles of the registry; the regulation is used from 18 August 2026 on, in local days."""
    eu = load_desk_pack_file("eu-e-evidence")
    assert basis_fault(eu, "epoc_court", Type.DISCLOSURE, "judge", RECEIVED) is None
    found = basis_fault(eu, "epoc_court", Type.DISCLOSURE, "prosecutor", RECEIVED)
    assert found is not None
    assert (
        found.code,
        found.sentence,
    ) == ("role_not_taken", "an authority of the role prosecutor cannot cite epoc_court")
    midnight = 1_787_004_000_000  # 2026-08-18 00:00 in Brussels
    early = basis_fault(eu, "epoc_court", Type.DISCLOSURE, "judge", midnight - 1)
    assert early is not None
    assert early.code == "not_yet"
    assert basis_fault(eu, "epoc_court", Type.DISCLOSURE, "judge", midnight) is None


def test_more_than_five_users_take_a_second_review() -> None:
    """Six do."""
    assert [reviews_needed(GENERIC, users) for users in (1, 5, 6, 200)] == [1, 1, 2, 2]


def test_every_reason_is_said_in_both_languages() -> None:
    """With facts filled in, no braces left."""
    facts = dict.fromkeys(
        ("entry", "pack", "basis", "category", "identifier", "days", "most", "role", "since", "tier"), "X"
    )
    for english, chinese in SENTENCES.values():
        assert "{" not in english.format(**facts) + chinese.format(**facts)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_any_row_of_a_field_will_do_and_the_first_says_why_none_does() -> None:
    """Two rows for one field, by other identifiers and with another window."""
    row = "      - {{category: identification, fields: last_ip, by: [{}], window: {}}}\n"
    text = GOOD + row.format("account", "31d") + row.format("email", "none")
    pack = desk_pack_from(text)

    def asked(identifier: str, window: Window | None) -> tuple[str, bool]:
        found = verdict(pack, "order", "identification", "last_ip", identifier, window, wanted=Type.DISCLOSURE)
        return found.code, found.bounded

    assert asked("email", None) == ("in_matrix", False)
    assert asked("account", WEEK) == ("in_matrix", True)
    assert asked("account", None) == ("window_missing", True)
    assert asked("phone", None)[0] == "identifier_not_taken"
    held = request(pack="nm", legal_basis="order", categories=("identification",), window=WEEK)
    assert [each.window for each in fields_for(pack, held)] == [None]


def test_no_pack_widens_what_an_emergency_gets_or_how_far_a_basis_reaches() -> None:
    """A pack that lets an emergency have everything; a basis whose rows say more than its tier."""
    text = GOOD.replace("types: disclosure", "types: [disclosure, emergency]")
    pack = desk_pack_from(text.replace("[name, email]", "[name, email, registered_at, payment_means]"))
    found = allowed(pack, "order", "subscriber", "account", None, wanted=Type.EMERGENCY)
    assert {each.field for each in found if each.allowed} == {"name", "email"}
    refused = {each.field: each.code for each in found if not each.allowed}
    assert refused == dict.fromkeys(("exists", "phone"), "not_in_matrix") | dict.fromkeys(
        ("registered_at", "postal_address", "service_types", "payment_means"), "emergency_less"
    )
    lower = msgspec.structs.replace(pack.bases["order"], most_tier="T0")
    low = msgspec.structs.replace(pack, bases={"order": lower})
    assert {each.code for each in allowed(low, "order", "subscriber", "account", None)} == {
        "tier_over",
        "not_in_matrix",
    }

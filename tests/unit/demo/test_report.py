# SPDX-License-Identifier: Apache-2.0
"""What is said and drawn of recorded results."""

import re
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
from msgspec.structs import replace

from counterseal.cli.demo import _tell
from counterseal.demo import report
from counterseal.demo.model import CaseResult, Expected, Lost, NoticeSeen, Played
from counterseal.demo.picture import WIDTH, draw
from counterseal.prover.report.layout import LEAST_GAP, layout
from counterseal.prover.report.times import span

HOUR = 3_600_000
PUSH = NoticeSeen(at=60_000, channel="push", subject="s", muted=False)
MAIL = NoticeSeen(at=60_000, channel="email", subject="s", muted=True)


def attacker(at=0, **facts):
    return Played(at=at, actor="attacker", **facts)


DRAINED = CaseResult(
    attack="x1-case",
    incident="X1",
    title="A <case>",
    pack="okx-2024",
    digest="sha256:0",
    outcome="drained",
    began=1717879440000,
    loss_after=65_000,
    first_notice=PUSH,
    window=5_000,
    lost=Lost("USDT", Decimal(480000)),
    steps=(
        Played(
            at=0,
            actor="attacker",
            action="log_in",
            outcome="done",
            proofs=("sms",),
            made_by=("sms_intercept",),
            codes=1,
        ),
        Played(
            at=65_000,
            actor="attacker",
            action="withdraw",
            outcome="paid",
            notice="reached",
            notices=(MAIL, PUSH),
            line=7,
        ),
        Played(at=8 * HOUR, actor="owner", action="freeze", outcome="frozen", reason="link in the push notice"),
    ),
    expected=Expected("drained", "withdraw", "told"),
)
SILENT = replace(DRAINED, first_notice=None, window=None)
STOPPED = replace(
    DRAINED,
    pack="hardened",
    outcome="stopped",
    loss_after=None,
    window=None,
    first_notice=None,
    lost=None,
    stopped_at="log_in",
    steps=(attacker(action="log_in", outcome="challenge", lacks=("face", "totp")),),
    expected=Expected("stopped", "log_in"),
)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 s"),
        (5_000, "5 s"),
        (845_000, "14 min 5 s"),
        (HOUR, "1 h"),
        (HOUR + 5_000, "1 h"),
        (51 * HOUR, "2 d 3 h"),
    ],
)
def test_a_span_has_at_most_two_units(milliseconds, text):
    assert span(milliseconds) == text


class TestExpectation:
    def test_outcome_place_and_notice_are_compared(self):
        assert DRAINED.as_expected
        assert STOPPED.as_expected
        assert not SILENT.as_expected
        assert not replace(DRAINED, outcome="stopped").as_expected
        assert not replace(STOPPED, stopped_at="withdraw").as_expected
        assert replace(SILENT, expected=None).as_expected

    def test_silent_needs_a_loss(self):
        assert SILENT.silent
        assert not STOPPED.silent
        assert not DRAINED.silent


class TestJson:
    def test_spans_are_seconds_and_nothing_is_guessed(self):
        case = report.to_json([DRAINED])["cases"][0]
        assert case["seconds_to_loss"] == 65
        assert case["reaction_window_seconds"] == 5
        assert case["first_effective_notice"]["channel"] == "push"
        assert case["lost"] == {"asset": "USDT", "amount": "480000"}
        assert [step["notice"] for step in case["steps"]] == ["none", "reached", "none"]
        assert case["steps"][1]["policy_line"] == 7

    def test_no_window_is_null(self):
        silent, stopped = report.to_json([SILENT, STOPPED])["cases"]
        assert silent["reaction_window_seconds"] is None
        assert silent["silent"] is True
        assert stopped["lost"] is None
        assert stopped["silent"] is False
        assert stopped["stopped_at"] == "log_in"

    def test_ok_is_false_when_one_case_came_out_differently(self):
        assert report.to_json([DRAINED, STOPPED])["ok"] is True
        assert report.to_json([DRAINED, SILENT])["ok"] is False


class TestWords:
    def test_a_case_is_one_sentence(self):
        assert report.sentence([SILENT, STOPPED]) == (
            "X1 (a <case>): under okx-2024 480,000 USDT left 1 min 5 s after the first step and no notice reached "
            "the owner before; under hardened the attacker got no further than `log_in` (lacks face and totp)."
        )

    def test_the_table_is_at_most_100_columns_and_says_what_was_not_expected(self, capsys):
        _tell([DRAINED, SILENT, STOPPED], [], no_color=True)
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 100
        table = " ".join(" ".join(lines).split())
        assert "NOT EXPECTED" in table
        assert table.count("NOT EXPECTED") == 1

    @pytest.mark.parametrize(
        ("step", "words"),
        [
            (attacker(action="a", outcome="not_offered"), "not offered"),
            (attacker(action="a", outcome="hold", until=HOUR), "held for 1 h"),
            (attacker(action="a", outcome="cancelled"), "cancelled by the owner"),
            (attacker(action="a", outcome="deny"), "denied"),
        ],
    )
    def test_a_reason_is_a_few_words(self, step, words):
        assert report.short_reason(step) == words


class TestPicture:
    def test_it_is_well_formed_and_titled_by_its_sentence(self):
        root = ET.fromstring(draw([SILENT, STOPPED]))  # noqa: S314 - our own text
        title = root.find("{http://www.w3.org/2000/svg}title").text
        assert title == report.sentence([SILENT, STOPPED])
        texts = " ".join("".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text"))
        for words in (
            "480,000 USDT gone",
            "window: silent",
            "no money left",
            "lacks face and totp",
            "1 code seen by",
        ):
            assert words in texts

    def test_silent_is_hatched_and_a_window_is_a_bar(self):
        assert 'fill="url(#hatch)"' in draw([SILENT])
        assert 'class="bar"' in draw([DRAINED])
        assert "5 s to react" in draw([DRAINED])

    def test_a_muted_channel_is_struck_through(self):
        body = draw([DRAINED]).split("</style>")[1]
        panel = body[: body.index("step of the attacker")]
        assert panel.count('class="strike"') == 1

    def test_everything_stays_inside(self):
        many = tuple(replace(DRAINED.steps[0], at=index * 9 * HOUR, action=f"step_{index}") for index in range(9))
        for case in (DRAINED, replace(DRAINED, steps=many, outcome="stopped", lost=None, first_notice=None)):
            rights = [
                float(x) + float(w)
                for x, w in re.findall(r'<rect[^>]* x="([\d.]+)"[^>]*? width="([\d.]+)"', draw([case]))
            ]
            assert max(rights) <= WIDTH

    def test_waits_are_to_one_scale(self):
        steps = [attacker(at * HOUR, action="a", outcome="done") for at in (0, 10, 40)]
        found = layout(steps, 1000)
        (_, first, _), (_, second, _) = found.waits
        assert second == pytest.approx(3 * first)
        assert found.end <= 1000

    def test_a_short_wait_keeps_a_least_width(self):
        steps = [attacker(at * HOUR, action="a", outcome="done") for at in (0, 1, 400)]
        found = layout(steps, 1000)
        assert found.waits[0][1] == LEAST_GAP
        assert found.end <= 1000.001

    def test_nothing_names_a_colour_twice(self):
        body = draw([DRAINED]).split("</style>")[1]
        assert not re.findall(r"#[0-9a-f]{3,6}\b", body)

# SPDX-License-Identifier: Apache-2.0
"""The path picture: well-formed, told in words, nothing by colour alone, nothing cut."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from msgspec.structs import replace

from counterseal.prover.report.glossary import glossary_of, scene_of
from counterseal.prover.report.layout import LEAST_GAP, layout
from counterseal.prover.report.moments import Moment, moments
from counterseal.prover.report.placing import place
from counterseal.prover.report.timeline import timeline, timelines, told_in_words
from counterseal.prover.report.words import finding, window_words
from tests.support import proof_samples as samples

SVG = "{http://www.w3.org/2000/svg}"
HOUR, DAY = 3_600_000, 86_400_000
PROOF, HARD = samples.okx(), samples.hardened()
SCENE, SAFE = scene_of(PROOF, PROOF.profiles[0]), scene_of(HARD, HARD.profiles[0])
WORDS, SAFE_WORDS = glossary_of(samples.OKX), glossary_of(samples.HARDENED)
ATTACKS = {
    "at once": (samples.sms_alone(), SCENE, WORDS),
    "silent": (samples.mailbox(), SCENE, WORDS),
    "forged": (samples.forged(), SCENE, WORDS),
    "just in time": (samples.withdrawal(), SCENE, WORDS),
    "data": (samples.disclosure(), SCENE, WORDS),
    "delayed": (samples.slow(), SAFE, SAFE_WORDS),
    "too late": (samples.slow(20.25, 12), SAFE, SAFE_WORDS),
}
EACH = pytest.mark.parametrize("name", ATTACKS)


def parsed(drawn):
    return ET.fromstring(drawn)  # noqa: S314 - our own text


def texts(drawn):
    return ["".join(each.itertext()) for each in parsed(drawn).iter(f"{SVG}text")]


def body(drawn):
    return drawn.split("</defs>")[1]


class TestMoments:
    def test_both_ends_of_a_delay_are_shown_and_the_owner_in_between(self):
        found = [(each.kind, each.at / HOUR) for each in moments(samples.slow(), 24 * HOUR)]
        assert found == [("act", 0), ("act", 0), ("owner", 24), ("act", 26.5), ("loss", 50.5)]

    def test_the_last_step_without_a_delay_is_the_loss_itself(self):
        found = moments(samples.sms_alone(), 24 * HOUR)
        assert [each.kind for each in found] == [*["act"] * 5, "loss", "owner"]

    def test_a_delayed_action_takes_effect_before_what_follows(self):
        path = samples.slow().path
        later = replace(path[0], effect=26 * HOUR + HOUR // 2)
        found = moments(replace(samples.slow(), path=(later, *path[1:])), 24 * HOUR)
        assert [each.kind for each in found] == ["act", "act", "owner", "effect", "act", "loss"]

    def test_nobody_told_is_nobody_who_reacts(self):
        assert all(each.kind != "owner" for each in moments(samples.mailbox(), 24 * HOUR))


class TestTimeline:
    @EACH
    def test_it_is_well_formed_with_a_title_and_a_description(self, name):
        attack, scene, words = ATTACKS[name]
        root = parsed(timeline(attack, scene, words))
        assert root.get("role") == "img"
        assert root.find(f"{SVG}title").text == finding(attack, scene, words)
        assert root.find(f"{SVG}desc").text == told_in_words(attack, scene, words)
        ids = {each.get("id") for each in root if each.get("id")}
        assert set(root.get("aria-labelledby").split()) == ids

    @EACH
    def test_every_step_is_there_with_proofs_notices_and_line(self, name):
        attack, scene, words = ATTACKS[name]
        drawn = timeline(attack, scene, words)
        found = texts(drawn)
        for step in attack.path:
            assert step.action in found
            assert f"line {step.line}" in found
            for use in step.uses:
                assert any(each.startswith(f"{use.factor} ") for each in found)
            for channel in step.reached:
                assert channel in found
        told = parsed(drawn).find(f"{SVG}desc").text
        for step in attack.path:
            assert f"{step.action} (line {step.line})" in told

    @EACH
    def test_the_window_is_a_word(self, name):
        attack, scene, words = ATTACKS[name]
        assert f"window: {window_words(attack)}" in texts(timeline(attack, scene, words))

    @EACH
    def test_everything_stays_inside(self, name):
        drawn = timeline(*ATTACKS[name])
        width = float(parsed(drawn).get("width"))
        rights = [
            float(x) + float(w) for x, w in re.findall(r'<rect[^>]* x="([\d.]+)"[^>]*? width="([\d.]+)"', drawn)
        ]
        assert max(rights) <= width
        assert all(float(x) < width for x in re.findall(r'<text[^>]* x="([\d.-]+)"', drawn))

    def test_an_owner_who_is_too_late_says_what_was_missing(self):
        found = texts(timeline(*ATTACKS["at once"]))
        assert "0 h to react, 24 h needed: 24 h missing" in found
        assert "too late" in found
        assert "20.25 h to react, 24 h needed: 3.75 h missing" in texts(timeline(*ATTACKS["too late"]))
        drawn = body(timeline(*ATTACKS["at once"]))
        assert 'class="lack"' in drawn
        assert 'class="pale"' in drawn

    @pytest.mark.parametrize("name", ["just in time", "delayed"])
    def test_an_owner_in_time_stops_it(self, name):
        found = texts(timeline(*ATTACKS[name]))
        assert "in time" in found
        assert "the money would leave" in found
        assert "the money leaves" not in found

    def test_silent_has_no_owner_and_a_hatched_bar(self):
        drawn = timeline(*ATTACKS["silent"])
        panel = body(drawn)[: body(drawn).index("step of the attacker")]
        assert "silent: no notice reaches the owner before the money leaves" in texts(drawn)
        assert "freezes" not in texts(drawn)
        assert panel.count('class="lack"') == 1
        assert panel.count('class="strike"') == len(samples.mailbox().path)
        assert texts(drawn).count("muted") == len(samples.mailbox().path)

    def test_data_leave_not_money(self):
        found = texts(timeline(*ATTACKS["data"]))
        assert "data leave" in found
        assert not any("money" in each for each in found)

    def test_a_very_long_wait_is_broken_and_still_says_its_length(self):
        far = samples.slow(31 * 24.0, 24)
        drawn = body(timeline(far, SAFE, SAFE_WORDS))
        assert 'class="break"' in drawn
        assert "29 d" in texts(timeline(far, SAFE, SAFE_WORDS))
        assert 'class="break"' not in body(timeline(*ATTACKS["delayed"]))

    def test_waits_keep_their_order_of_length(self):
        found = layout(moments(samples.slow(), 24 * HOUR), 2_000, widest=150, least=40)
        waits = {wait: width for _, width, wait in found.waits}
        assert waits[24 * HOUR] > waits[HOUR * 5 // 2] >= LEAST_GAP

    def test_a_wait_beyond_the_longest_is_as_wide_as_the_longest(self):
        steps = [Moment("act", at * DAY) for at in (0, 7, 60)]
        found = layout(steps, 2_000, longest=7 * DAY)
        (_, first, _), (_, second, wait) = found.waits
        assert first == pytest.approx(second)
        assert wait == 53 * DAY

    def test_names_of_any_length_are_whole_and_apart(self):
        long = "an_action_with_a_name_that_is_as_long_as_a_whole_sentence"
        path = tuple(replace(step, action=long) for step in samples.sms_alone().path)
        drawn = timeline(replace(samples.sms_alone(), path=path), SCENE, WORDS)
        strips = re.split(r'<g transform="translate\(0 \d+\)">', drawn)
        placed = [
            [float(x) for x in re.findall(rf'<text class="m" x="([\d.]+)" y="[\d.]+">{long}<', strip)]
            for strip in strips
        ]
        assert sum(map(len, placed)) == len(path)
        assert max(map(len, placed)) > 1
        assert min(b - a for xs in placed for a, b in pairwise(xs)) > 6.9 * len(long)

    def test_a_long_path_goes_on_in_a_strip_below_and_its_bar_with_it(self):
        wide = [replace(step, action=f"{step.action}_{number}") for number, step in enumerate(samples.slow().path)]
        path = (*wide[:2], *(replace(wide[1], action=f"step_of_a_long_path_{n}") for n in range(5)), *wide[2:])
        long = replace(samples.slow(), path=path)
        drawn = timeline(replace(long, window=20 * HOUR), SAFE, SAFE_WORDS)
        assert texts(drawn).count("goes on") == 1
        assert [step.action in texts(drawn) for step in path] == [True] * len(path)
        panel = body(drawn)[: body(drawn).index("step of the attacker")]
        assert float(parsed(drawn).get("width")) <= 1500
        silent = body(timeline(replace(long, window=None), SAFE, SAFE_WORDS))
        assert silent[: silent.index("step of the attacker")].count('class="lack"') == 2
        assert panel.count('class="bar"') >= 1

    def test_waits_of_one_length_are_as_long_in_every_strip(self):
        first, second, last = samples.slow().path
        path = (first, *(replace(second, at=n * 30 * HOUR, effect=n * 30 * HOUR) for n in range(1, 9)), last)
        later = replace(last, at=300 * HOUR, effect=324 * HOUR)
        panel = place(replace(samples.slow(), path=(*path[:-1], later), leaves=324 * HOUR), SAFE, SAFE_WORDS)
        widths = {round(width, 3) for strip in panel.strips for _, width, wait in strip.waits if wait == 30 * HOUR}
        assert len(panel.strips) > 1
        assert len(widths) == 1

    def test_what_a_policy_calls_things_is_text_never_markup(self):
        odd = replace(SCENE, profile="<b>&", policy="</svg>")
        path = tuple(replace(step, action="<script>") for step in samples.sms_alone().path)
        drawn = timeline(replace(samples.sms_alone(), path=path, capabilities=("a<b",)), odd, WORDS)
        assert "<script" not in drawn
        assert "<script>" in texts(drawn)

    def test_several_attacks_are_one_picture_with_one_legend(self):
        drawn = timelines([(samples.sms_alone(), SCENE), (samples.mailbox(), SCENE)], WORDS)
        assert texts(drawn).count("within an hour, not to scale") == 1
        assert "window: 0 h" in texts(drawn)
        assert "window: silent" in texts(drawn)

    @EACH
    def test_colours_are_named_in_the_style_sheet_only(self, name):
        assert not re.findall(r"#[0-9a-f]{3,6}\b", body(timeline(*ATTACKS[name])))

    def test_two_pictures_on_one_page_do_not_share_ids_of_their_titles(self):
        names = [parsed(timeline(*ATTACKS[name])).get("aria-labelledby") for name in ATTACKS]
        assert len(set(names)) == len(names)

# SPDX-License-Identifier: Apache-2.0
"""The heat table: every cell has its word, nothing by colour alone, nothing cut or left out in silence."""

import re
import xml.etree.ElementTree as ET
from html import unescape

import pytest
from msgspec.structs import replace

from counterseal.prover.proof import Cell
from counterseal.prover.report.glossary import glossary_of, scene_of
from counterseal.prover.report.heat import heat_table, label_lines, rows_of
from counterseal.prover.report.svg import scale
from counterseal.prover.report.words import window_words
from tests.support import proof_samples as samples

SVG = "{http://www.w3.org/2000/svg}"
HOUR, DAY = 3_600_000, 86_400_000
PROOF = samples.okx()
SCENE = scene_of(PROOF, PROOF.profiles[0])
WORDS = glossary_of(samples.OKX)


def parsed(drawn):
    return ET.fromstring(drawn)  # noqa: S314 - our own text


def texts(drawn):
    return ["".join(each.itertext()) for each in parsed(drawn).iter(f"{SVG}text")]


def body(drawn):
    return drawn.split("</defs>")[1]


class TestHeat:
    drawn = heat_table(PROOF.profiles[0], SCENE, WORDS)

    def test_it_is_well_formed_and_told_in_words(self):
        root = parsed(self.drawn)
        assert root.find(f"{SVG}title").text.startswith("Time to react under okx-2024, profile sms_only")
        told = root.find(f"{SVG}desc").text
        assert "sms_intercept: withdraw 24 h, withdraw_verified 24 h, withdraw_api 0 h" in told
        assert "judicial_pii + face_deepfake: withdraw 26.5 h, withdraw_verified 80 h" in told

    def test_every_cell_of_a_shown_row_has_its_word(self):
        rows = [row for row in rows_of(samples.HEAT) if not row.harmless]
        wanted = [window_words(row.cells[name]) for row in rows for name in PROOF.outflows]
        cells = re.findall(r"<g><title>([^<]*)</title>.*?>([^<]*)</text></g>", self.drawn, re.DOTALL)
        assert [word for _, word in cells] == wanted
        assert [unescape(title).rpartition(": ")[2] for title, _ in cells] == wanted

    def test_each_step_of_the_scale_has_its_own_mark(self):
        cells = {
            scale(Cell((), "x", silent=silent, window=window))
            for silent, window in [
                (True, None),
                (False, 0),
                (False, HOUR),
                (False, DAY),
                (False, 3 * DAY),
                (False, None),
            ]
        }
        assert cells == {"silent", "zero", "short", "day", "long", "never"}
        assert ".chip-silent{fill:url(#hatch)}" in self.drawn
        assert body(self.drawn).count('class="gauge"') == body(self.drawn).count('class="chip-short"')

    def test_the_bar_below_a_day_is_its_share_of_the_day(self):
        found = re.search(
            r'class="chip-short" [^>]*width="([\d.]+)"[^>]*/><rect class="gauge"[^>]*width="([\d.]+)"[^>]*/>'
            r"<text[^>]*>6 h<",
            body(self.drawn),
        )
        assert float(found[2]) / float(found[1]) == pytest.approx(0.25, abs=0.01)

    def test_single_capabilities_come_first_and_the_worst_of_them_leads(self):
        sizes = [len(row.capabilities) for row in rows_of(samples.HEAT)]
        assert [size == 1 for size in sizes] == sorted((size == 1 for size in sizes), reverse=True)
        assert rows_of(samples.HEAT)[0].capabilities == ("email_takeover",)

    def test_rows_without_any_reach_are_named_below(self):
        assert "Never, by any outflow: guardian_takeover; pw_leak; totp_seed." in texts(self.drawn)
        assert "totp_seed" not in texts(self.drawn)

    def test_names_of_four_capabilities_are_whole(self):
        names = ("deepfake_injection", "forged_order", "hacked_gov_mailbox", "passkey_cloud_takeover")
        lines = label_lines(names)
        assert " ".join(lines).split(" + ") == list(names)
        assert max(map(len, lines)) <= 41

    def test_what_is_left_out_is_counted_with_its_worst(self):
        drawn = heat_table(PROOF.profiles[0], SCENE, WORDS, most=3)
        assert "Not shown: 5 more sets; the worst window among them is 0 h." in texts(drawn)

    def test_a_cell_that_was_not_decided_is_unknown_never_blank(self):
        profile = replace(PROOF.profiles[0], heat=samples.HEAT[1:])
        assert "unknown" in texts(heat_table(profile, SCENE, WORDS))

    def test_a_profile_without_any_reach_says_so(self):
        cells = samples.cells("pw_leak", PROOF.outflows, " ".join("n" * len(PROOF.outflows)))
        drawn = heat_table(replace(PROOF.profiles[0], heat=cells), SCENE, WORDS)
        assert "No set that was looked at reaches any outflow." in texts(drawn)

    def test_equal_capabilities_are_told(self):
        assert "The same against this profile: face_deepfake = deepfake_injection." in texts(self.drawn)

    def test_limits_stand_above_the_columns(self):
        found = texts(self.drawn)
        assert "limit, USD per 24 h" in found
        assert "2,000,000" in found

    @pytest.mark.parametrize("theme", ["", "@media (prefers-color-scheme:dark)", "@media print"])
    def test_every_colour_of_the_scale_is_set_in_every_theme(self, theme):
        style = self.drawn.split("<style>")[1].split("</style>")[0]
        blocks = re.findall(re.escape(theme) + r"\{?svg\{([^}]*)\}", style)
        named = set(re.findall(r"(--[\w-]+):", " ".join(blocks)))
        assert named >= set(re.findall(r"var\((--[\w-]+)\)", style))

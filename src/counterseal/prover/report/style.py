# SPDX-License-Identifier: Apache-2.0
"""Colours and type of pictures: the tokens of the pages, light, dark and on paper. Fonts are the system's.

The reaction window goes from worst to best: darkest to lightest, and in the dark the other way round.
"""

from __future__ import annotations

_LIGHT = (
    "--canvas:#f6f7f7;--surface:#fff;--sunken:#f0f2f2;--line:#dbe0e0;--strong:#7f8b8e;--text:#141a1c;--text-2:#475356;"
    "--text-3:#5f6a6d;--attacker:#a82f09;--owner:#1a5fa8;--info-soft:#e6f0fa;--silent:#3b1237;--silent-fg:#fff;"
    "--hatch:#562a52;--zero:#c43c0c;--zero-fg:#fff;--never:#fff;--never-fg:#475356;--never-line:#7f8b8e"
)
_DARK = (
    "--canvas:#0d1112;--surface:#131819;--sunken:#1a2022;--line:#2a3335;--strong:#6c787b;--text:#e7ecec;--text-2:#aab5b7;"
    "--text-3:#8b979a;--attacker:#ff9168;--owner:#7db4ec;--info-soft:#11243a;--silent:#f3dcef;--silent-fg:#3b1237;"
    "--hatch:#dcb6d6;--zero:#ee7544;--zero-fg:#2a0c00;--never:#131819;--never-fg:#aab5b7;--never-line:#6c787b"
)
_RULES = """
text{font-family:system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif;fill:var(--text)}
.m{font-family:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:11.5px}
.h{font-size:16px;font-weight:600}.b{font-weight:600}.t2{fill:var(--text-2)}.t3{fill:var(--text-3);font-size:11px}
.bad{fill:var(--attacker);font-weight:600}.canvas{fill:var(--canvas)}
.panel{fill:var(--surface);stroke:var(--line)}.ground{fill:var(--sunken)}.lane{stroke:var(--line)}
.wait{stroke:var(--strong);stroke-dasharray:2 4;stroke-width:1.5}
.att{fill:var(--attacker)}.att-no{fill:var(--surface);stroke:var(--attacker);stroke-width:1.5}
.cross{stroke:var(--attacker);stroke-width:1.5;fill:none}.loss{fill:var(--zero)}
.told{fill:var(--owner)}.mute{fill:none;stroke:var(--strong);stroke-width:1.5}.mute-t{fill:var(--text-3)}
.strike{stroke:var(--strong);stroke-width:1.5}.own{fill:var(--owner)}.bar{fill:var(--owner)}
.hatch-bg{fill:var(--silent)}.hatch-line{fill:var(--hatch)}
.chip-silent{fill:url(#hatch)}.chip-silent-t{fill:var(--silent-fg);font-weight:600}
.chip-zero{fill:var(--zero)}.chip-zero-t{fill:var(--zero-fg);font-weight:600}
.chip-never{fill:var(--never);stroke:var(--never-line)}.chip-never-t{fill:var(--never-fg);font-weight:600}
"""
STYLE = (
    f"svg{{{_LIGHT}}}@media (prefers-color-scheme:dark){{svg{{{_DARK}}}}}@media print{{svg{{{_LIGHT}}}}}{_RULES}"
)

_WINDOW_LIGHT = (
    "--short:#f6ce6a;--short-fg:#352600;--gauge:#8a5f00;--day:#cbdff5;--day-fg:#143f6c;--day-line:#a9c8e8;"
    "--long:#eef5fc;--long-fg:#143f6c"
)
_WINDOW_DARK = (
    "--short:#75560b;--short-fg:#fff0c9;--gauge:#f6ce6a;--day:#17344f;--day-fg:#c9e2fb;--day-line:#2b5378;"
    "--long:#122334;--long-fg:#c9e2fb"
)
_WINDOW_RULES = """
.m10{font-family:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:11px}
.mid{text-anchor:middle}.end{text-anchor:end}
.chip-never{stroke:var(--line)}.chip-never-t{font-weight:400}
.chip-short{fill:var(--short)}.chip-short-t{fill:var(--short-fg);font-weight:600}.gauge{fill:var(--gauge)}
.chip-day{fill:var(--day);stroke:var(--day-line)}.chip-day-t{fill:var(--day-fg);font-weight:500}
.chip-long{fill:var(--long);stroke:var(--day-line);stroke-dasharray:3 2}.chip-long-t{fill:var(--long-fg)}
.chip-unknown{fill:var(--sunken);stroke:var(--strong);stroke-dasharray:1 2}.chip-unknown-t{fill:var(--text-3)}
.eff{fill:var(--surface);stroke:var(--attacker);stroke-width:2}
.lack{fill:url(#hatch);stroke:var(--silent)}.pale{fill:var(--info-soft);stroke:var(--owner)}
.break{stroke:var(--strong);stroke-width:1.5;fill:none}
"""
WINDOW_STYLE = (
    f"svg{{{_WINDOW_LIGHT}}}@media (prefers-color-scheme:dark){{svg{{{_WINDOW_DARK}}}}}"
    f"@media print{{svg{{{_WINDOW_LIGHT}}}}}{_WINDOW_RULES}"
)
"""Added to STYLE where the whole scale of reaction windows is shown."""

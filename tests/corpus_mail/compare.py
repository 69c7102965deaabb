# SPDX-License-Identifier: Apache-2.0
"""The desk beside plain dkimpy and dkimpy with DMARC (authheaders) over the mail corpus, in one run.

    python -m tests.corpus_mail.compare [--each N] [--seed N] [--out FILE.json]

"Accepted" is what each would let an officer rely on: for dkimpy that the first signature verifies, with DMARC that
the sender's domain is aligned besides, for the desk `verified`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import authheaders
import dkim

from counterseal.gateways.documents.mail_dkim import SILENT
from counterseal.judicial.model import Verdict
from tests.corpus_mail import FORGED, GENUINE
from tests.corpus_mail.desk import examine
from tests.corpus_mail.world import world

GROUPS = {
    "forged_headers": "sender in two readings, look-alikes",
    "forged_fields": "fields nobody signed, replays",
    "forged_signatures": "DKIM: changed, weak, odd tags",
    "forged_parts": "parts and encodings",
    "forged_persons": "S/MIME and OpenPGP",
}
Judge = Callable[[bytes], bool]


def text(name: bytes | str, *_: object, **__: object) -> str:
    """TXT of the offline zone, as both libraries ask for it."""
    asked = name.decode("ascii", "replace") if isinstance(name, bytes) else name
    answer = world().answer(asked)
    return answer.texts[0] if answer.texts else ""


def by_dkim(data: bytes) -> bool:
    return bool(dkim.verify(data, logger=SILENT, dnsfunc=text))


def by_dmarc(data: bytes) -> bool:
    said = authheaders.authenticate_message(
        data, "mx.exchange.example", spf=False, dkim=True, arc=False, dmarc=True, dnsfunc=text
    )
    return "dmarc=pass" in said


def by_desk(data: bytes) -> bool:
    return examine(data)[0] == Verdict.VERIFIED


JUDGES: dict[str, Judge] = {"dkimpy": by_dkim, "dkimpy + DMARC": by_dmarc, "desk": by_desk}


class Run:
    """One judge over all mails."""

    def __init__(self, judge: Judge) -> None:
        self._judge, self.times, self.raised = judge, list[float](), 0

    def accepts(self, data: bytes) -> bool:
        start = time.process_time()
        try:
            return self._judge(data)
        except Exception:  # noqa: BLE001 - that a library raises over a mail is a result
            self.raised += 1
            return False
        finally:
            self.times.append((time.process_time() - start) * 1000)


def compare(each: int, seed: int) -> dict[str, object]:
    """Counts by group and judge."""
    forged = {name: [make(Random(f"{seed}/{name}/{n}")) for n in range(each)] for name, (make, _) in FORGED.items()}
    genuine = {name: [make(Random(f"{seed}/{name}/{n}")) for n in range(each)] for name, make in GENUINE.items()}
    found: dict[str, object] = {
        "each": each,
        "seed": seed,
        "forged": each * len(forged),
        "genuine": each * len(genuine),
    }
    for title, judge in JUDGES.items():
        run = Run(judge)
        accepted = {name: sum(map(run.accepts, mails)) for name, mails in forged.items()}
        refused = {name: each - sum(map(run.accepts, mails)) for name, mails in genuine.items()}
        spread = statistics.quantiles(run.times, n=20)
        found[title] = {
            "accepted": {group: sum(accepted[name] for name in _names(group)) for group in GROUPS},
            "accepted_classes": sorted(name for name, count in accepted.items() if count),
            "refused_genuine": {name: count for name, count in refused.items() if count},
            "raised": run.raised,
            "p50_ms": round(statistics.median(run.times), 2),
            "p95_ms": round(spread[18], 2),
        }
    found["mails"] = {group: each * len(_names(group)) for group in GROUPS}
    return found


def _names(group: str) -> list[str]:
    return [name for name, (make, _) in FORGED.items() if make.__module__.endswith(group)]


def table(found: dict[str, object]) -> str:
    """The same as Markdown."""
    mails = found["mails"]
    assert isinstance(mails, dict)
    columns = {title: found[title] for title in JUDGES}
    lines = [f"| | mails | {' | '.join(columns)} |", f"|---|---|{'---|' * len(columns)}"]
    for group, words in GROUPS.items():
        counts = [str(one["accepted"][group]) for one in columns.values() if isinstance(one, dict)]
        lines.append(f"| forged, accepted: {words} | {mails[group]} | {' | '.join(counts)} |")
    for words, by_person in (("its domain", False), ("its author only", True)):
        kind = [name for name, make in GENUINE.items() if make.__module__.endswith("_persons") == by_person]
        refused = [
            str(sum(one["refused_genuine"].get(name, 0) for name in kind))
            for one in columns.values()
            if isinstance(one, dict)
        ]
        mails_of = len(kind) * int(str(found["each"]))
        lines.append(f"| genuine, refused: signed by {words} | {mails_of} | {' | '.join(refused)} |")
    for words, key in (("libraries raised", "raised"), ("p50, ms of CPU", "p50_ms"), ("p95, ms of CPU", "p95_ms")):
        lines.append(
            f"| {words} | | {' | '.join(str(one[key]) for one in columns.values() if isinstance(one, dict))} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=1, help="mails of each class")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found = compare(given.each, given.seed)
    print(table(found))
    if given.out is not None:
        given.out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""`make bench-desk`: ours, plain pyHanko and pdfsig over the corpus, then mutants; writes docs/bench/desk.json."""

from __future__ import annotations

import argparse
import io
import logging
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from rich.progress import track

from counterseal.gateways.documents.pdf import check_pdf
from counterseal.judicial.model import Verdict, verdict_of
from tests.corpus.cms import certificate
from tests.corpus.fuzz import covered, mutants
from tests.corpus.labels import documents
from tests.corpus.pki import NOW, pki

OUT = Path(__file__).resolve().parents[2] / "docs" / "bench" / "desk.json"


def ours(data: bytes) -> str:
    """The desk's verdict."""
    return verdict_of(check_pdf(data, pki().context()).findings).value


def plain_pyhanko(data: bytes) -> str:
    """PyHanko as its documentation shows it, with the same roots and CRLs; accepted if every signature is."""
    people = pki()
    roots = [certificate(people[name]) for name in ("root_a", "root_b")]

    def context() -> ValidationContext:
        others = [certificate(people["ca_a"])]
        return ValidationContext(trust_roots=roots, moment=NOW, crls=list(people.crls), other_certs=others)

    try:
        found = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures
        good = [validate_pdf_signature(each, context(), context()).bottom_line for each in found]
    except Exception:  # noqa: BLE001 # whatever a library raises is a refusal
        return "refused"
    return Verdict.VERIFIED.value if good and all(good) else "refused"


def pdfsig(data: bytes) -> str:
    """Poppler without a store of roots: every signature valid, and one of them over the whole document."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()
        try:
            run = subprocess.run(["pdfsig", "-nocert", file.name], capture_output=True, timeout=20, check=False)
        except subprocess.TimeoutExpired:
            return "refused"
    text = run.stdout.decode(errors="replace")
    valid = text.count("Signature is Valid") == text.count("Signature Validation:") > 0
    return Verdict.VERIFIED.value if valid and "Total document signed" in text else "refused"


TOOLS: dict[str, Callable[[bytes], str]] = {"counterseal": ours, "pyhanko": plain_pyhanko, "pdfsig": pdfsig}


def compare(seed: int, each: int) -> dict[str, Any]:
    """Per tool: accepted of each group, milliseconds per document, and files that went wrong for ours."""
    groups: dict[str, dict[str, int]] = {}
    times: dict[str, list[float]] = {name: [] for name in TOOLS}
    wrong: list[str] = []
    for document in track(list(documents(seed, each)), "corpus"):
        data = document.data()
        group = groups.setdefault(document.group, {"files": 0, **dict.fromkeys(TOOLS, 0)})
        group["files"] += 1
        for name, tool in TOOLS.items():
            start = time.perf_counter()
            verdict = tool(data)
            times[name].append((time.perf_counter() - start) * 1000)
            group[name] += verdict == Verdict.VERIFIED
            if name == "counterseal" and verdict not in document.verdicts:
                wrong.append(f"{document.group} {document.name} {document.number}: {verdict}")
    speed = {name: quantiles(taken) for name, taken in times.items()}
    return {"accepted": groups, "milliseconds": speed, "other_verdict_than_expected": wrong}


def quantiles(taken: Sequence[float]) -> dict[str, float]:
    """p50, p95 and the longest."""
    cuts = statistics.quantiles(taken, n=20)
    return {"p50": round(statistics.median(taken), 1), "p95": round(cuts[18], 1), "max": round(max(taken), 1)}


def fuzz(seed: int, count: int) -> dict[str, int]:
    """How many mutants were accepted with a covered byte changed, and how many raised."""
    made = {"mutants": count, "accepted_changed": 0, "raised": 0}
    for parent, mutant in track(mutants(seed, count), "mutants", total=count):
        try:
            verdict = ours(mutant)
        except Exception:  # noqa: BLE001 # that is what is counted
            made["raised"] += 1
            continue
        made["accepted_changed"] += verdict == Verdict.VERIFIED and covered(mutant) != covered(parent)
    return made


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.bench", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--mutants", type=int, default=2000)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    result = {"seed": given.seed, "each": given.each, **compare(given.seed, given.each)}
    result["fuzz"] = fuzz(given.seed, given.mutants)
    OUT.write_bytes(msgspec.json.format(msgspec.json.encode(result)) + b"\n")
    print("| Group | Files | " + " | ".join(TOOLS) + " |\n|---|--:|" + "--:|" * len(TOOLS))
    for name, group in result["accepted"].items():
        print(f"| {name} | {group['files']} | " + " | ".join(str(group[tool]) for tool in TOOLS) + " |")
    print(result["milliseconds"], result["fuzz"], *result["other_verdict_than_expected"], sep="\n")


if __name__ == "__main__":
    main()

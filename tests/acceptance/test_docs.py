"""The docs say what is there: packs load, code prints what is shown, nothing is left unnamed."""

from __future__ import annotations

import ast
import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import BaseModel

from dq_monitor.alerts._http import Limits
from dq_monitor.alerts.webhook import Webhook
from dq_monitor.cli.main import Commands, dqm
from dq_monitor.cli.main import run as run_command
from dq_monitor.engines.polars import evaluate
from dq_monitor.expression.nodes import FUNCTIONS
from dq_monitor.gate.outcome import Outcome, metadata_of
from dq_monitor.message import trial
from dq_monitor.model.quarantine import AT, FAULTS, FINGERPRINT, REASONS, ROW, WRITE_ID
from dq_monitor.model.types import NAMED
from dq_monitor.packs import parse_pack, shape
from dq_monitor.packs.options import BY_KIND, BY_MEASURE
from dq_monitor.packtest import run_pack_tests
from dq_monitor.pipeline.declare import Step
from dq_monitor.registry import plugs
from dq_monitor.service.api import Backend, build_api
from dq_monitor.service.gauges import StoreGauges
from dq_monitor.service.meters import Meters
from dq_monitor.service.site import API
from dq_monitor.settings import (
    ChannelSettings,
    LineageSettings,
    Settings,
    StorageSettings,
    load_settings,
)
from dq_monitor.store import Store, open_store
from dq_monitor.tables import snapshot
from tests.hook_server import hook_server
from tests.store_events import judged

ROOT = Path(__file__).resolve().parents[2]
DOCS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}
PACKS, PIPELINES, OPERATIONS, RULES = (
    DOCS[f"docs/{name}.md"] for name in ("packs", "pipelines", "operations", "rules")
)
BLOCK = re.compile(
    r"(?:<!-- (?P<mark>file|run|prints|verify)(?:: (?P<name>\S+))? -->\n)?"
    r"```(?P<language>\w*)\n(?P<text>.*?)```",
    re.DOTALL,
)
SHAPES: tuple[type[BaseModel], ...] = (
    shape.PackShape,
    shape.ContractShape,
    shape.ColumnShape,
    shape.GateShape,
    shape.QuarantineShape,
    shape.StorageShape,
    shape.FreshnessShape,
    shape.ScheduleShape,
    shape.CareShape,
    shape.CompactShape,
    shape.VacuumShape,
    shape.TestShape,
)
NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)


@dataclass(frozen=True)
class Block:
    """A fenced block and the mark that stands above it, if one does."""

    doc: str
    mark: str
    name: str
    language: str
    text: str


def blocks_of(doc: str) -> list[Block]:
    return [
        Block(doc, found["mark"] or "", found["name"] or "", found["language"], found["text"])
        for found in BLOCK.finditer(DOCS[doc])
    ]


BLOCKS = [block for doc in DOCS for block in blocks_of(doc)]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("DQM_")},
    "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
}


def ran(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def in_words(text: str) -> set[str]:
    """Return all that stands in backticks, and the words in it."""
    quoted = re.findall(r"`([^`\n]+)`", text)
    return {*quoted, *(word for one in quoted for word in re.findall(r"\w+", one))}


def test_the_reference_of_checks_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["rules", "--markdown"]) == 0
    assert capsys.readouterr().out == RULES, "dqm rules --markdown > docs/rules.md"


def test_the_page_on_engines_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["rules", "--engines", "--markdown"]) == 0
    said = capsys.readouterr().out
    assert said == DOCS["docs/engines.md"], "dqm rules --engines --markdown > docs/engines.md"


def test_rules_are_printed_in_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["rules", "--markdown", "--json"]) == 2
    assert "give one of them" in capsys.readouterr().err


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(- .*?)```", RULES, re.DOTALL))
def test_the_example_of_each_check_is_a_rule(text: str) -> None:
    measured = {"cancelled_share": 'share_of: "a"', "row_count": "row_count: {}"}
    metrics = "".join(
        f"  - {check}\n    id: {name}\n    warn: {{over: 1}}\n"
        for name, check in measured.items()
        if f"metric: {name}" in text
    )
    rule = "".join(f"  {line}\n" for line in text.splitlines())
    parse_pack(f"table: silver.a\nrules:\n{metrics}{rule}", "docs/rules.md")


PACK_BLOCKS = [
    b for b in BLOCKS if b.language == "yaml" and re.search(r"^(table|pack):", b.text, re.MULTILINE)
]


@pytest.mark.parametrize("block", PACK_BLOCKS, ids=lambda block: block.doc)
def test_every_pack_in_the_docs_loads_and_its_tests_hold(block: Block) -> None:
    pack = parse_pack(block.text, block.doc)
    assert [one.mismatches for one in run_pack_tests(pack, evaluate, NOW) if one.mismatches] == []


def test_the_whole_pack_uses_every_key_and_every_option() -> None:
    models: tuple[type[BaseModel], ...] = (*SHAPES, *BY_KIND.values(), *BY_MEASURE.values())
    keys = {name for model in models for name in model.model_fields}
    whole = next(block.text for block in PACK_BLOCKS if block.doc == "docs/packs.md")
    assert sorted(key for key in keys if not re.search(rf"\b{key}:", whole)) == []


def test_the_tables_of_packs_name_what_there_is() -> None:
    left = (WRITE_ID, ROW, REASONS, FAULTS, FINGERPRINT, AT, snapshot.WRITE_ID, "dq.mode")
    wanted = {*left, *metadata_of(judged()), *FUNCTIONS, *NAMED}
    wanted |= {name for model in (*SHAPES, *BY_KIND.values()) for name in model.model_fields}
    assert sorted(wanted - in_words(PACKS)) == []


@pytest.mark.parametrize(
    "doc",
    [
        "docs/pipelines.md",
        "docs/packs.md",
        "docs/evolution.md",
        "docs/quarantine.md",
        "docs/rollback.md",
        "docs/checking.md",
    ],
)
def test_what_is_marked_to_run_prints_what_is_shown(doc: str, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    blocks = blocks_of(doc)
    for block in blocks:
        if block.mark == "file":
            (tmp_path / block.name).parent.mkdir(exist_ok=True)
            (tmp_path / block.name).write_text(block.text)
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block.mark == "run" and block.language == "console":
            shown = list(re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE))
            for command in shown:
                printed = ran(tmp_path, "bash", "-c", command[1])
                assert printed == command[2].rstrip("\n"), command[1]
        elif block.mark == "run":
            assert following is not None
            assert following.mark == "prints"
            assert ran(tmp_path, sys.executable, "-c", block.text) == following.text.rstrip("\n")


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS if b.language == "python"], ids=lambda block: block.doc
)
def test_python_in_the_docs_is_python(block: Block) -> None:
    ast.parse(block.text)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "toml"], ids=lambda b: b.doc)
def test_every_settings_file_in_the_docs_is_valid(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dqm.toml").write_text(block.text)
    monkeypatch.chdir(tmp_path)
    assert load_settings()


def test_every_setting_is_named_with_its_variable_and_default() -> None:
    rows = {cells[0].strip(" `"): cells for cells in tables_of(OPERATIONS) if "DQM_" in cells[1]}
    for name, field in Settings.model_fields.items():
        assert f"`DQM_{name.upper()}`" in rows[name][1], name
        default = field.get_default(call_default_factory=True)
        if isinstance(default, bool):
            assert f"`{str(default).lower()}`" in rows[name][2], name
        elif default and not isinstance(default, dict | LineageSettings | StorageSettings):
            assert f"`{default}`" in rows[name][2], name


@pytest.mark.parametrize(
    ("model", "prefix"),
    [
        (ChannelSettings, "channels.NAME"),
        (LineageSettings, "lineage"),
        (StorageSettings, "storage"),
    ],
)
def test_every_key_of_a_group_of_settings_is_named(model: Any, prefix: str) -> None:
    named = {cells[0].strip(" `") for cells in tables_of(OPERATIONS)}
    assert sorted({f"{prefix}.{name}" for name in model.model_fields} - named) == []


def test_every_path_of_the_api_is_named_and_no_other(store: Store) -> None:
    described = build_api(backend_of(store)).openapi()["paths"]
    paths = {(method.upper(), f"{API}{path}") for path in described for method in described[path]}
    paths.add(("GET", f"{API}/openapi.json"))
    named = set(re.findall(r"^\| `(GET|POST) (\S+)`", OPERATIONS, re.MULTILINE))
    assert named == paths


def test_every_metric_is_named(store: Store) -> None:
    told = backend_of(store).metrics().decode()
    names = set(re.findall(r"^# TYPE (dqm_\w+)", told, re.MULTILINE))
    assert sorted(n for n in names if not n.endswith("_created") and n not in OPERATIONS) == []


def test_the_snippet_that_verifies_webhooks_takes_ours_and_no_other(tmp_path: Path) -> None:
    (block,) = (b for b in blocks_of("docs/operations.md") if b.mark == "verify")
    room: dict[str, Any] = {}
    exec(compile(block.text, "docs/operations.md", "exec"), room)  # noqa: S102 - it is ours
    secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    with hook_server() as server:
        (tmp_path / "url").write_text(server.url())
        (tmp_path / "secret").write_text(secret)
        url, key = f"file:{tmp_path / 'url'}", f"file:{tmp_path / 'secret'}"
        settings = ChannelSettings(kind="webhook", url=url, secret=key)
        limits = Limits(allow_private=True)
        message = trial("key-1", "hook", NOW)
        Webhook(settings, limits=limits, clock=lambda: NOW).send(message)
    (request,) = server.requests
    verify, at = room["verify"], NOW.timestamp()
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = verify(request.body, headers, secret, at)
    assert told["data"]["title"] == message.title
    assert sorted({*told, *told["data"]} - in_words(OPERATIONS)) == []
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    for wrong in (
        (request.body + b" ", headers, secret, at),
        (request.body, headers, other, at),
        (request.body, headers, secret, at + 600),
        (request.body, {**headers, "webhook-id": "key-2"}, secret, at),
    ):
        with pytest.raises(ValueError, match="webhook"):
            verify(*wrong)


def test_every_command_and_option_that_the_docs_name_is_there() -> None:
    code = [b.text for b in BLOCKS] + [c for t in DOCS.values() for c in re.findall(r"`(.*?)`", t)]
    named = {found for text in code for found in re.findall(r"\bdqm ([a-z]+)(?![\w.:/-])", text)}
    assert sorted(named - {name for name, _ in commands()}) == []
    options = {
        name for _, one in commands() for param in one.params for name in getattr(param, "opts", [])
    }
    written = {o for text in code if "dqm " in text for o in re.findall(r" (--[a-z-]+)", text)}
    ours = options | {"--help", "--version", "--upgrade"}
    assert sorted(written - ours) == []


def test_every_command_and_option_is_in_the_docs() -> None:
    text = "\n".join(DOCS.values())
    assert [name for name, _ in commands() if f"`dqm {name}" not in text] == []
    table = {n for cells in tables_of(PIPELINES) for n in re.findall(r"--[a-z]+", cells[0])}
    (found,) = (one for name, one in commands() if name == "run")
    assert table == {n for p in found.params for n in p.opts if n.startswith("--")}


@pytest.mark.parametrize("package", ["checks", "sources", "alerts", "lineage.emitters"])
def test_every_plug_is_in_the_docs(package: str) -> None:
    words = in_words("\n".join(DOCS.values()))
    assert [name for name in plugs(f"dq_monitor.{package}") if name not in words] == []


def test_every_option_of_a_source_is_in_the_docs() -> None:
    for name, source in plugs("dq_monitor.sources").items():
        (row,) = (cells for cells in tables_of(PIPELINES) if cells[0].strip() == f"`{name}`")
        module = vars(sys.modules[source.__module__])
        own = (m for key, m in module.items() if key.endswith("Options") and key.startswith("_"))
        model = next(own, module.get("FileOptions"))
        assert model is not None
        assert sorted(set(model.model_fields) - in_words(row[2])) == [], name


def test_every_field_of_steps_and_outcomes_is_in_the_docs() -> None:
    first = {cells[0].strip(" `") for cells in tables_of(PIPELINES)}
    wanted = {field.name for kind in (Step, Outcome) for field in fields(kind)}
    assert sorted(wanted - first) == []


@pytest.mark.parametrize("doc", DOCS)
def test_links_between_the_docs_resolve(doc: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", DOCS[doc]):
        path, _, anchor = target.partition("#")
        place = (ROOT / doc).parent / path if path else ROOT / doc
        assert place.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", place.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {anchor_of(heading) for heading in headings}, target


def anchor_of(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def tables_of(text: str) -> list[list[str]]:
    """Return the cells of every row of every table."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]


def commands() -> Iterator[tuple[str, click.Command]]:
    group = dqm
    assert isinstance(group, Commands)
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", one) for inner, one in command.commands.items())


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


def backend_of(store: Store) -> Backend:
    meters = Meters()
    gauges = StoreGauges(store.engine, store.views, ("incidents",))
    return Backend(
        views=store.views,
        incidents=store.incidents,
        metrics=lambda: meters.text([gauges]),
        answers=lambda: True,
        leads=lambda: True,
        clock=lambda: NOW,
    )

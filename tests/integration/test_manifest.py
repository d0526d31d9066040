"""A manifest beside the files tells each change; what cannot be read is kept by reference."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.app import App, open_app
from dq_monitor.cli.main import run as run_command
from dq_monitor.errors import ExitCode, PipelineInvalid, SourceUnreadable
from dq_monitor.model.event import StepBroke
from dq_monitor.pipeline.declare import Pipeline, Step, file
from dq_monitor.pipeline.inputs import Run
from dq_monitor.pipeline.result import RunResult
from dq_monitor.pipeline.run import run_pipeline
from dq_monitor.registry import plug
from dq_monitor.settings import load_settings

CSV = b"n,w\n1,a\n2,b\n"
SUM = hashlib.sha256(CSV).hexdigest()
OTHER = "0" * 64


def load(path: Path, manifest: object = None) -> pl.DataFrame:
    source = plug("dq_monitor.sources", "csv", "source")()
    return source.scan(str(path), {"manifest": manifest or True}).collect()  # type: ignore[no-any-return]  # a plug's class is not known here


GOOD = {
    "sidecar": ("a.csv.sha256", f"{SUM}  a.csv\n"),
    "sidecar, binary": ("a.csv.sha256", f"{SUM.upper()} *landing/a.csv\n"),
    "sidecar, bare": ("a.csv.sha256", SUM),
    "list": (
        "manifest.json",
        json.dumps({"files": [{"path": "a.csv", "size": 12, "sha256": SUM}]}),
    ),
    "by name": ("manifest.json", json.dumps({"a.csv": {"sha256": SUM}, "b.csv": {"size": 1}})),
    "size": ("manifest.json", json.dumps([{"path": "a.csv", "size": 12}])),
    "sums": ("manifest.json", f"{OTHER}  b.csv\n{SUM}  a.csv\n"),
}
BAD = {
    "none": ("x", "", "has no manifest: a.csv.sha256 or manifest.json is not there"),
    "not named": ("manifest.json", '{"b.csv": {"size": 1}}', "is not in its manifest"),
    "digest": ("a.csv.sha256", f"{OTHER}  a.csv", f"has SHA-256 {SUM}, its manifest says"),
    "size": ("manifest.json", '{"a.csv": {"size": 13}}', "has 12 bytes, its manifest says 13"),
    "both": ("manifest.json", f'{{"a.csv": {{"size": 9, "sha256": "{SUM}"}}}}', "has 12 bytes"),
    "json": ("manifest.json", '{"a.csv": ', "is no manifest that can be read"),
    "nothing said": ("manifest.json", '{"a.csv": {}}', "is no manifest that can be read"),
    "wrong size": ("manifest.json", '{"a.csv": {"size": true}}', "is no manifest that can be"),
    "short digest": ("manifest.json", '{"a.csv": {"sha256": "ab"}}', "is no manifest that can be"),
    "text": ("a.csv.sha256", "hello", "is no manifest that can be read"),
    "a number": ("manifest.json", "[1]", "is no manifest that can be read"),
    "utf-16": ("a.csv.sha256", "\udcff\udcfe", "is no manifest that can be read"),
}


@pytest.mark.parametrize(("name", "text"), GOOD.values(), ids=GOOD.keys())
def test_a_file_that_is_as_promised_is_read(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / name).write_text(text)
    assert load(tmp_path / "a.csv").height == 2
    assert load(tmp_path / "a.csv", name).height == 2


@pytest.mark.parametrize(("name", "text", "told"), BAD.values(), ids=BAD.keys())
def test_a_file_that_nobody_vouches_for_is_not_read(
    name: str, text: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / name).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SourceUnreadable, match=told) as refused:
        load(tmp_path / "a.csv")
    assert refused.value.fix
    assert Path(refused.value.path).parent == tmp_path


def test_a_glob_is_whole_only_with_all_that_its_manifest_lists(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(CSV)
    listed = {name: {"sha256": SUM} for name in ("a.csv", "b.csv", "c.csv", "readme.txt")}
    (tmp_path / "manifest.json").write_text(json.dumps(listed))
    with pytest.raises(SourceUnreadable, match=r"c\.csv: is in the manifest .* did not come"):
        load(tmp_path / "*.csv")
    (tmp_path / "c.csv").write_bytes(CSV)
    assert load(tmp_path / "*.csv").height == 6


def test_a_digest_of_one_file_cannot_be_that_of_many(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(CSV)
    source = plug("dq_monitor.sources", "csv", "source")()
    with pytest.raises(PipelineInvalid, match=r"names 2\n.*give a `manifest`"):
        source.scan(str(tmp_path / "*.csv"), {"sha256": SUM})


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/t.yaml").write_text("table: bronze.t\nrules:\n  - not_null: n\n")
    return open_app(load_settings())


def deliver(app: App, day: int, path: Path) -> RunResult:
    pipeline = Pipeline("p", (Step("bronze.t", {"rows": file(str(path))}, lambda rows: rows),))
    run = Run(f"{day}", datetime(2013, 2, day, tzinfo=UTC), date(2013, 2, day))
    return run_pipeline(pipeline, run, gate=app.gate, tables=app.tables, log=app.store.log)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda whole: whole[:-3],
    "cr only": lambda whole: whole.replace(b"\n", b"\r"),
    "utf-16": lambda whole: whole.decode().encode("utf-16"),
    "latin-1": lambda whole: whole.replace(b"a", b"\xe9"),
    "header twice": lambda whole: whole.replace(b"n,w", b"n,n"),
    "late text": lambda whole: whole + b"3,c\n" * 20_000 + b"x,c\n",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_an_unreadable_file_is_kept_by_reference_until_it_comes_whole(
    damage: Callable[[bytes], bytes],
    app: App,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(damage(CSV))
    (step,) = deliver(app, 1, path).steps
    assert step.exit_code is ExitCode.DATA_FAILED
    assert isinstance(step.error, SourceUnreadable)
    (event,) = (r.event for r in app.store.log.read(0) if isinstance(r.event, StepBroke))
    kept = event.unreadable
    assert kept is not None
    assert (kept.path, kept.size) == (str(path), len(damage(CSV)))
    assert kept.sha256 == hashlib.sha256(damage(CSV)).hexdigest()
    assert kept.reason in event.error
    assert not app.tables.exists("bronze.t")
    assert run_command(["status"]) == 0
    said = "".join(capsys.readouterr().out.split())
    assert f"{path}:" in said
    path.write_bytes(CSV)
    deliver(app, 2, path)
    assert [row.day for row in app.store.views.unreadable()] == [date(2013, 2, 1)]
    deliver(app, 1, path)
    assert app.store.views.unreadable() == []


def test_the_same_file_twice_is_one_and_other_errors_are_none(app: App, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    deliver(app, 1, path)  # a file that is missing is no file
    path.write_bytes(b"")
    deliver(app, 1, path)
    deliver(app, 2, path)
    (row,) = app.store.views.unreadable()
    assert (row.table, row.day, row.file.reason) == ("bronze.t", date(2013, 2, 2), "is empty")
    assert row.file.sha256 == hashlib.sha256(b"").hexdigest()

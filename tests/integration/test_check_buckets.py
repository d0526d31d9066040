"""Tables and files in an object store: audited where they lie, and named as lineage names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from dashboard.samples import quarantined
from dq_monitor.app import open_app
from dq_monitor.cli.main import run
from dq_monitor.errors import PipelineInvalid, SourceMissing, SourceUnreadable
from dq_monitor.settings import load_settings
from dq_monitor.sources.parquet import Parquet
from dq_monitor.tables.delta import dataset_at
from tests.bucket_server import KEY, Warehouse

PACK = """\
table: silver.t
rules:
  - in_range: {column: a, max: 9}
  - file_count: {}
    warn: {over: 9}
"""
ROWS = pl.DataFrame({"a": [1, 2, 99]})


@pytest.fixture
def folder(tmp_path: Path, bucket: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose warehouse is a bucket, with one table and one file in it."""
    settings = {
        "DQM_WAREHOUSE": bucket.root,
        "DQM_STORAGE__ENDPOINT": bucket.endpoint,
        "DQM_STORAGE__REGION": "us-east-1",
        "DQM_STORAGE__ALLOW_HTTP": "true",
        "DQM_STORAGE__PROFILE": "ours",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    keys = f"[ours]\naws_access_key_id = {KEY}\naws_secret_access_key = {KEY}\n"
    (tmp_path / "credentials").write_text(keys)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/t.yaml").write_text(PACK)
    ROWS.write_delta(f"{bucket.root}/silver/t", storage_options=bucket.options)
    ROWS.write_parquet(f"{bucket.root}/one.parquet", storage_options=bucket.options)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judged(capsys: pytest.CaptureFixture[str], *arguments: str) -> Mapping[str, object]:
    assert run(["check", *arguments, "--json"]) == 1
    found: Mapping[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("target", ["silver.t", "{root}/silver/t", "{root}/one.parquet"])
def test_what_lies_in_a_bucket_is_judged_there(
    target: str,
    engine: str,
    folder: Path,
    bucket: Warehouse,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = target.format(root=bucket.root)
    told = judged(capsys, named, "--pack", "rules/t.yaml", "--engine", engine)
    assert (told["rows"], told["status"]) == (3, "fail")


def test_a_table_that_is_not_in_the_bucket_is_told_of(
    folder: Path, bucket: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", f"{bucket.root}/silver/none", "--pack", "rules/t.yaml"]) == 2
    assert "is no Delta table" in capsys.readouterr().err


def test_parquet_is_read_from_a_bucket(folder: Path, bucket: Warehouse) -> None:
    reach = {"storage_options": bucket.options}
    assert Parquet().scan(f"{bucket.root}/*.parquet", reach).collect().equals(ROWS)
    with pytest.raises(SourceMissing, match=r"none\.parquet: nothing there"):
        Parquet().scan(f"{bucket.root}/none.parquet", reach)
    with pytest.raises(PipelineInvalid, match="sha256, size and manifest are of files on disk"):
        Parquet().scan(f"{bucket.root}/one.parquet", {**reach, "size": 3})
    bucket.write("two.parquet", b"PAR1 cut off")
    with pytest.raises(SourceUnreadable, match=r"two\.parquet: "):
        Parquet().scan(f"{bucket.root}/two.parquet", reach)


def test_the_dashboard_shows_rows_that_lie_in_the_quarantine_of_a_bucket(
    folder: Path, bucket: Warehouse
) -> None:
    with closing(open_app(load_settings())) as app:
        told = app.write(ROWS, "silver.t")
    found = quarantined(
        bucket.root, "silver.t", "in_range.a", told.write_id, storage=bucket.options
    )
    assert found.rows == (((99,), ("in_range.a",)),)


@pytest.mark.parametrize("scheme", ["s3", "s3a"])
def test_a_table_in_a_bucket_is_named_by_bucket_and_key(scheme: str) -> None:
    found = dataset_at(f"{scheme}://lake/house/silver/t", "silver.t", "delta", 3)
    assert (found.namespace, found.path) == ("s3://lake", "house/silver/t")

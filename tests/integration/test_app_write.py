from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dq_monitor.app import App, Batch, open_app
from dq_monitor.errors import PackMissing, UsageError
from dq_monitor.settings import load_settings
from tests.bucket_server import Warehouse

PACK = "table: silver.t\nrules:\n  - not_null: a\n"


@pytest.fixture
def app(tmp_path: Path, warehouse: Warehouse) -> Iterator[App]:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/t.yaml").write_text(PACK)
    app = open_app(
        load_settings(home=tmp_path / "home", rules=tmp_path / "rules", **warehouse.settings())
    )
    yield app
    app.close()


@pytest.mark.parametrize(
    "batch",
    [
        pl.DataFrame({"a": [1, 2]}),
        pl.LazyFrame({"a": [1, 2]}),
        pa.table({"a": [1, 2]}),
        pd.DataFrame({"a": [1, 2]}),
    ],
    ids=["polars", "lazy", "arrow", "pandas"],
)
def test_every_kind_of_frame_can_be_written(app: App, batch: Batch) -> None:
    assert str(app.write(batch, "silver.t")) == (
        "silver.t committed as version 1, 2 of 2 rows kept"
    )


def test_the_same_key_changes_nothing_and_no_key_is_always_new(app: App) -> None:
    frame = pl.DataFrame({"a": [1]})
    replayed = [app.write(frame, "silver.t", key=key).replayed for key in ("k", "k", None, None)]
    assert replayed == [False, True, False, False]
    assert app.tables.scan("silver.t").collect().height == 3


def test_the_commit_says_how_and_by_whom(app: App) -> None:
    outcome = app.write(pl.DataFrame({"a": [1]}), "silver.t", mode="overwrite")
    entry = app.tables.open("silver.t").entry(outcome.write_id)
    assert entry is not None
    assert (entry["dq.mode"], entry["dq.job"]) == ("overwrite", "write.silver.t")
    assert "'mode': 'Overwrite'" in str(entry["operationParameters"])


def test_a_mistake_of_the_caller_is_told_and_leaves_no_event(app: App) -> None:
    frame = pl.DataFrame({"a": [1]})
    with pytest.raises(PackMissing, match=r"silver\.tt\n.*did you mean 'silver\.t'\?"):
        app.write(frame, "silver.tt")
    with pytest.raises(UsageError, match=r"mode 'upsert'\n.*append, merge, overwrite"):
        app.write(frame, "silver.t", mode="upsert")
    with pytest.raises(UsageError, match=r"mode 'apend'\n.*did you mean 'append'\?"):
        app.write(frame, "silver.t", mode="apend")
    with pytest.raises(UsageError, match=r"no time zone\n.*tzinfo=UTC"):
        app.write(frame, "silver.t", now=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake
    with pytest.raises(UsageError, match="the key '' names no batch"):
        app.write(frame, "silver.t", key="")
    with pytest.raises(UsageError, match="a batch of type object"):
        app.write(object(), "silver.t")  # type: ignore[arg-type] # the mistake
    assert app.store.log.read(0) == []


def test_a_write_does_not_load_pandas(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "t.yaml").write_text("table: silver.t\nrules:\n  - unique: id\n")
    code = (
        "import sys, polars as pl, dq_monitor as dq\n"
        "for key in 'ab':\n"
        "    dq.write(pl.DataFrame({'id': [key, key, 'c' + key]}), 'silver.t', key=key)\n"
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"

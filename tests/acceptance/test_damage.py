"""A thousand damaged files: no process dies, nothing but our error is raised, a manifest tells all.

`DQM_DAMAGES=20000` reads more of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from dq_monitor.errors import SourceUnreadable
from dq_monitor.registry import plug
from tests.acceptance.damage_house import damaged, whole

MANY = int(os.environ.get("DQM_DAMAGES", "1000"))
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_damage_is_unreadable_or_unseen_and_with_a_manifest_always_seen(
    kind: str, tmp_path: Path
) -> None:
    half = MANY // 2
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.damage_house", kind, "0", str(half), tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert found["with manifest"] == {"whole: same": 1, "unreadable": half}
    assert set(found["alone"]) <= {"unreadable", "same", "other"}
    assert sum(found["alone"].values()) == half


@pytest.mark.parametrize("seed", [3402, 4214, 5454, 9446, 9745])
def test_a_page_that_would_end_the_process_is_told_before(seed: int, tmp_path: Path) -> None:
    """Polars 2.1 asks for 2^61 bytes for each of these, and is ended by the system."""
    path = tmp_path / "in.parquet"
    path.write_bytes(damaged(whole("parquet"), seed))
    with pytest.raises(SourceUnreadable, match="Parquet data is damaged"):
        plug("dq_monitor.sources", "parquet", "source")().scan(str(path), {})


@pytest.mark.parametrize(
    "options",
    [
        {"use_dictionary": False},
        {"data_page_version": "2.0"},
        {"compression": "none", "row_group_size": 7},
        {"data_page_size": 64, "write_page_checksum": True},
        {
            "write_page_index": True,
            "column_encoding": "DELTA_BINARY_PACKED",
            "use_dictionary": False,
        },
    ],
    ids=str,
)
def test_whole_files_of_every_make_are_read(options: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    rows = pl.DataFrame({"n": range(999), "list": [[n, None] for n in range(999)]})
    empty = {"null": pl.Series([None] * 999, dtype=pl.Int64)}
    pq.write_table(rows.with_columns(**empty).to_arrow(), path, **options)
    source = plug("dq_monitor.sources", "parquet", "source")()
    assert source.scan(str(path), {}).collect().select("n", "list").equals(rows)
    pq.write_table(rows.clear().to_arrow(), path)
    assert source.scan(str(path), {}).collect().height == 0


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_every_damage_changes_the_file(kind: str) -> None:
    content = whole(kind)
    assert [seed for seed in range(200) if damaged(content, seed) == content] == []

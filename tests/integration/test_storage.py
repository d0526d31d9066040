"""The files of a table are written as its pack's `storage` says: those of its quarantine too."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from dq_monitor.model.storage import Codec, Storage
from dq_monitor.model.table import quarantine_of
from tests.bucket_server import local
from tests.integration.test_gate import NOT_NULL, TABLE, UNIQUE, House

ROWS = pl.DataFrame({"a": [1, 2, 3, 4, 5, None], "b": ["x"] * 6})
REPEATED = pl.DataFrame({"a": [1, 1, 3], "b": ["x"] * 3})


def files(house: House, table: str) -> list[Path]:
    return sorted(Path(house.tables.uri(table)).rglob("*.parquet"))


def codecs(house: House, table: str) -> set[str]:
    footers = [pq.read_metadata(file) for file in files(house, table)]
    return {footer.row_group(0).column(0).compression for footer in footers}


@pytest.mark.parametrize(
    ("codec", "written"),
    [
        (Codec.ZSTD, "ZSTD"),
        (Codec.SNAPPY, "SNAPPY"),
        (Codec.LZ4_RAW, "LZ4"),  # pyarrow's name for the raw frames
        (Codec.GZIP, "GZIP"),
        (Codec.UNCOMPRESSED, "UNCOMPRESSED"),
    ],
)
@pytest.mark.parametrize("frame", [ROWS, REPEATED], ids=["split", "rewritten"])
def test_all_files_have_the_pack_s_codec(
    tmp_path: Path, codec: Codec, written: str, frame: pl.DataFrame
) -> None:
    house = House(local(tmp_path), NOT_NULL, UNIQUE, storage=Storage(codec))
    house.write(frame)
    assert codecs(house, TABLE) == codecs(house, quarantine_of(TABLE)) == {written}


def test_a_large_batch_is_written_to_several_files(tmp_path: Path) -> None:
    house = House(local(tmp_path), NOT_NULL, storage=Storage(max_rows_per_file=2))
    assert house.write(ROWS).verdict.counts.kept == 5
    rows = [pq.read_metadata(file).num_rows for file in files(house, TABLE)]
    assert sorted(rows) == [1, 2, 2]
    assert house.rows()["a"].sort().to_list() == [1, 2, 3, 4, 5]


def test_a_higher_level_is_asked_of_the_codec(tmp_path: Path) -> None:
    words = pl.select(pl.int_range(50_000).hash().cast(pl.String).str.slice(0, 6).alias("a"))
    sizes = []
    for level in (1, 19):
        house = House(local(tmp_path / str(level)), storage=Storage(level=level))
        house.write(words)
        sizes += [file.stat().st_size for file in files(house, TABLE)]
    assert sizes[1] < sizes[0]

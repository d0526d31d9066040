"""Every file source against its protocol."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.errors import PipelineInvalid, SourceMissing, SourceUnreadable
from dq_monitor.ports import Source
from dq_monitor.registry import plug, plugs

PACKAGE = "dq_monitor.sources"
ROWS = pl.DataFrame({"carrier": ["AA", "UA", None], "delay": [3, -5, 12]})


def write_delta(frame: pl.DataFrame, path: Path) -> None:
    frame.write_delta(str(path))


def write_csv(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path)


def write_ndjson(frame: pl.DataFrame, path: Path) -> None:
    frame.write_ndjson(path)


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path)


WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    "csv": write_csv,
    "delta": write_delta,
    "ndjson": write_ndjson,
    "parquet": write_parquet,
}
FILES = sorted(WRITERS.keys() - {"delta"})


def source(name: str) -> Source:
    made: Source = plug(PACKAGE, name, "source")()
    return made


def test_every_source_has_a_writer_here() -> None:
    assert set(plugs(PACKAGE)) == set(WRITERS)


@pytest.mark.parametrize("name", WRITERS)
def test_rows_come_back_as_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"flights.{name}"
    WRITERS[name](ROWS, path)
    assert source(name).scan(str(path), {}).collect().equals(ROWS)


@pytest.mark.parametrize("name", WRITERS)
def test_missing_file_is_named_with_what_lies_near(name: str, tmp_path: Path) -> None:
    WRITERS[name](ROWS, tmp_path / f"flights.{name}")
    with pytest.raises(SourceMissing, match="flihgts") as caught:
        source(name).scan(str(tmp_path / f"flihgts.{name}"), {})
    assert caught.value.fix


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("path", "fix"),
    [
        ("{0}", "is a folder|by a glob"),
        ("{0}/no/such/flights", "there is no folder"),
        ("{0}/*.none", "the folder .* is empty"),
        ("{0}/" + "x" * 5000, "correct the path"),
    ],
    ids=["folder", "no-folder", "empty-glob", "too-long"],
)
def test_path_that_is_no_file_says_what_to_do(
    name: str, path: str, fix: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceMissing, match=fix):
        source(name).scan(path.format(tmp_path), {})


@pytest.mark.parametrize("name", [name for name in FILES if name != "parquet"])
def test_text_is_read_from_disk_only(name: str) -> None:
    with pytest.raises(SourceMissing, match="only local files"):
        source(name).scan("s3://lake/flights", {})


@pytest.mark.parametrize("name", WRITERS)
def test_unknown_option_is_refused_with_the_known_ones(name: str, tmp_path: Path) -> None:
    with pytest.raises(PipelineInvalid, match="'sepparator': is unknown"):
        source(name).scan(str(tmp_path), {"sepparator": ";"})


@pytest.mark.parametrize("name", FILES)
def test_glob_reads_its_files_in_order(name: str, tmp_path: Path) -> None:
    for part in ("b", "a"):
        WRITERS[name](pl.DataFrame({"part": [part]}), tmp_path / f"{part}.{name}")
    frame = source(name).scan(str(tmp_path / f"*.{name}"), {}).collect()
    assert frame["part"].to_list() == ["a", "b"]


@pytest.mark.parametrize("name", FILES)
def test_brackets_in_a_file_name_are_no_glob(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"flights[1].{name}"
    WRITERS[name](ROWS, path)
    assert source(name).scan(str(path), {}).collect().height == 3


@pytest.mark.parametrize("name", FILES)
def test_manifest_digest_is_held_against_the_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"flights.{name}"
    WRITERS[name](ROWS, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    size = path.stat().st_size
    assert source(name).scan(str(path), {"sha256": digest, "size": size}).collect().height == 3
    with pytest.raises(SourceUnreadable, match=f"{digest}.*{'0' * 64}"):
        source(name).scan(str(path), {"sha256": "0" * 64})
    with pytest.raises(SourceUnreadable, match=f"has {size} bytes, its manifest says 7"):
        source(name).scan(str(path), {"size": 7})


def test_csv_can_be_read_as_delivered(tmp_path: Path) -> None:
    path = tmp_path / "flights.csv"
    path.write_text("carrier,delay\nAA,007\nNA,3\n")
    frame = source("csv").scan(str(path), {"infer_schema": False, "null_values": ["NA"]}).collect()
    assert frame.rows() == [("AA", "007"), (None, "3")]


def test_csv_types_can_be_declared_in_the_words_of_a_contract(tmp_path: Path) -> None:
    path = tmp_path / "flights.csv"
    path.write_text("carrier;delay\nAA;7\n")
    options = {"separator": ";", "schema_overrides": {"delay": "float64", "carrier": pl.String}}
    assert source("csv").scan(str(path), options).collect_schema()["delay"] == pl.Float64
    with pytest.raises(PipelineInvalid, match="column 'delay': no type 'flot64'"):
        source("csv").scan(str(path), {"schema_overrides": {"delay": "flot64"}})


def zipped(content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("flights.csv", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("flights.csv.zip", zipped("carrier,delay\nAA,7\n")),
        ("flights.csv.gz", gzip.compress(b"carrier,delay\nAA,7\n")),
        ("flights.csv", gzip.compress(b"carrier,delay\nAA,7\n")),
        ("flights.csv", b"\xef\xbb\xbfcarrier,delay\r\nAA,7\r\n"),
        ("flights.csv", b"carrier,delay\nAA,7"),
    ],
    ids=["zip", "gzip", "gzip-by-content", "bom-crlf", "no-final-newline"],
)
def test_csv_reads_what_is_common(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    frame = source("csv").scan(str(tmp_path / name), {}).collect()
    assert frame.to_dicts() == [{"carrier": "AA", "delay": 7}]


@pytest.mark.parametrize(
    "last",
    ['"a, b",2', '"two\nlines",2', '"""quoted""\nand\nlong",2', '"x\n""",2'],
    ids=["separator", "newline", "quotes", "quote-at-end"],
)
def test_a_whole_last_row_is_no_cut_off_one(last: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text(f'note,n\n"first\nrow",1\n{last}\n')
    assert source("csv").scan(str(path), {}).collect()["n"].to_list() == [1, 2]


def test_several_members_need_a_name(tmp_path: Path) -> None:
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "n\n1\n")
        archive.writestr("b.csv", "n\n2\n")
    with pytest.raises(SourceUnreadable, match=r"holds 2 files.*\n.*`member`.*a.csv, b.csv"):
        source("csv").scan(str(path), {})
    assert source("csv").scan(str(path), {"member": "b.csv"}).collect().item() == 2


def test_delta_reads_an_earlier_version(tmp_path: Path) -> None:
    path = tmp_path / "flights"
    ROWS.write_delta(str(path))
    ROWS.write_delta(str(path), mode="append")
    assert source("delta").scan(str(path), {"version": 0}).collect().height == 3
    with pytest.raises(SourceMissing, match="no version 9"):
        source("delta").scan(str(path), {"version": 9})

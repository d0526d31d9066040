"""Whatever arrives damaged gets one clear error that names the file and what to do."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.errors import DqmError, ExitCode, SourceUnreadable
from dq_monitor.registry import plug
from dq_monitor.sources import reading, unreadable

CSV = "carrier,origin,delay\nAA,JFK,1\nUA,EWR,2\nB6,LGA,3\n"


def load(name: str, path: Path, options: Mapping[str, object] | None = None) -> pl.DataFrame:
    frame = plug("dq_monitor.sources", name, "source")().scan(str(path), options or {})
    with reading({str(path): frame}):
        return frame.collect()  # type: ignore[no-any-return]  # a plug's class is not known here


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("flights.csv", content)
    return packed.getvalue()


def flipped(content: bytes, seed: int) -> bytes:
    rand, damaged = random.Random(seed), bytearray(content)  # noqa: S311 - repeatable damage
    for _ in range(rand.randint(1, 6)):
        damaged[rand.randrange(len(damaged))] ^= 1 << rand.randrange(8)
    return bytes(damaged)


def parquet() -> bytes:
    rows = pl.DataFrame({"n": range(400), "word": [f"w{n % 37}" for n in range(400)]})
    packed = io.BytesIO()
    rows.write_parquet(packed, row_group_size=100)
    return packed.getvalue()


PARQUET = parquet()
MANY = CSV.encode() + b"DL,JFK,4\n" * 400

BAD = {
    "empty": ("csv", b"", "is empty"),
    "blank lines": ("csv", b"\n\n \n", "is empty"),
    "cut inside a row": ("csv", CSV.encode()[:-6], "last row has 2 of 3 fields and no line end"),
    "cut after a separator": ("csv", CSV.encode()[:-7] + b",", "last row has 2 of 3 fields"),
    "short row": ("csv", CSV.encode() + b"DL\n", "last row has 1 of 3 fields"),
    "cut in a quoted field": ("csv", CSV.encode() + b'DL,"JF', "inside a quoted field"),
    "cut in a quoted newline": ("csv", CSV.encode() + b'DL,"JF\nK', "the file is cut off"),
    "stray quote": ("csv", CSV.encode() + b'TV 42",JFK,1\n', "inside a quoted field"),
    "stray quote before": ("csv", CSV.encode() + b'T"V,JFK,1\nAA,JFK,1\n', "quotes of its fields"),
    "cr only": ("csv", CSV.replace("\n", "\r").encode(), "lines end in CR alone"),
    "utf-16": ("csv", CSV.encode("utf-16"), "is UTF-16 text"),
    "utf-16 without mark": ("csv", CSV.encode("utf-16-be"), "UTF-16 or no text"),
    "utf-32": ("csv", CSV.encode("utf-32"), "is UTF-32 text"),
    "latin-1": ("csv", CSV.replace("JFK", "Orlé").encode("latin-1"), "is not UTF-8 text"),
    "header twice": ("csv", b"a,b,a\n1,2,3\n", "names 'a' more than once"),
    "too many fields": ("csv", CSV.encode() + b"DL,JFK,4,5\nAA,JFK,1\n", "more fields"),
    "gzip cut": ("csv", gzip.compress(MANY)[:-20], "gzip data is damaged"),
    "gzip damaged": ("csv", gzip.compress(MANY)[:40] + b"\0" * 90, "gzip data is damaged"),
    "zip cut": ("csv", zipped(MANY)[:-30], "zip archive is damaged"),
    "zip damaged": ("csv", zipped(MANY)[:60] + b"\xff" * 9 + zipped(MANY)[69:], "zip archive"),
    "json cut": ("ndjson", b'{"n": 1}\n{"n": 2}\n{"n"', "last line is not whole JSON"),
    "json array": ("ndjson", b'[{"n": 1}]', "one JSON array"),
    "json broken inside": ("ndjson", b'{"n": 1}\n{"n" 2}\n{"n": 3}\n', "a line is not JSON"),
    "json empty": ("ndjson", b"", "is empty"),
    "json utf-16": ("ndjson", '{"n": 1}\n'.encode("utf-16"), "is UTF-16 text"),
    "parquet empty": ("parquet", b"", "is empty"),
    "parquet cut": ("parquet", PARQUET[:-1], "has no footer"),
    "parquet cut in half": ("parquet", PARQUET[: len(PARQUET) // 2], "has no footer"),
    "parquet magic only": ("parquet", b"PAR1", "has no footer"),
    "parquet footer length": (
        "parquet",
        PARQUET[:-8] + b"\xff\xff\xff\x7fPAR1",
        "footer is longer",
    ),
    "parquet zero footer": ("parquet", PARQUET[:-8] + b"\0\0\0\0PAR1", "Parquet data is damaged"),
    "parquet is csv": ("parquet", CSV.encode(), "does not begin like a Parquet file"),
    "parquet encrypted": ("parquet", b"PARE" + PARQUET[4:-4] + b"PARE", "is encrypted"),
}


@pytest.mark.parametrize(("kind", "content", "reason"), BAD.values(), ids=BAD.keys())
def test_damage_is_named_with_its_file_and_remedy(
    kind: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "flights.dat"
    path.write_bytes(content)
    with pytest.raises(SourceUnreadable, match=reason) as caught:
        load(kind, path)
    assert "flights.dat" in caught.value.detail
    assert caught.value.fix
    assert caught.value.exit_code is ExitCode.DATA_FAILED


@pytest.mark.parametrize(
    ("middle", "end", "reason"),
    [
        ("Orlé".encode("latin-1"), b"DL,JFK,4\n", "is not UTF-8 text"),
        ("Orlé".encode(), b"DL,JF", "last row has 2 of 3 fields"),
        ("Orlé".encode(), b'DL,"JF', "inside a quoted field"),
        ("Orlé".encode(), b'DL,JFK,"' + b"x" * 2_000_000, "'delay' holds a field whose quotes"),
        (b"a,b,c", b"DL,JFK,4\n", "more fields"),
    ],
    ids=["latin-1", "cut", "cut-in-quotes", "cut-in-long-quotes", "more-fields"],
)
def test_large_file_is_looked_at_as_closely(
    middle: bytes, end: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "flights.csv"
    many = b"AA,JFK,1\n" * 150_000
    path.write_bytes(CSV.encode() + many + b"AA," + middle + b",1\n" + many + end)
    with pytest.raises(SourceUnreadable, match=reason):
        load("csv", path, {"infer_schema": False})


def test_large_file_that_is_whole_is_read(tmp_path: Path) -> None:
    path = tmp_path / "flights.csv"
    path.write_bytes(b"note,n\n" + '"é\n",1\n'.encode() * 300_000 + b'"last\n"",""\n",2')
    assert load("csv", path).shape == (300_001, 2)


def test_zip_by_name_only_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "flights.csv.zip"
    path.write_text(CSV)
    with pytest.raises(SourceUnreadable, match=r"named \.zip but does not begin like a zip file"):
        load("csv", path)


def test_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    path = tmp_path / "flights.csv"
    path.write_text("carrier,origin\n")
    assert load("csv", path).shape == (0, 2)


def test_late_value_of_another_type_is_told_without_the_value(tmp_path: Path) -> None:
    path = tmp_path / "flights.csv"
    path.write_text("n\n" + "1\n" * 50 + "canary-4711\n")
    with pytest.raises(SourceUnreadable, match="column 'n' holds a value that is no i64") as caught:
        load("csv", path, {"infer_schema_length": 10})
    assert "canary" not in str(caught.value)


def test_files_of_one_glob_must_share_their_header(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,m\n1,2\n")
    (tmp_path / "b.csv").write_text("n,k\n1,2\n")
    with pytest.raises(SourceUnreadable, match=r"b\.csv: its header is not that of a\.csv"):
        load("csv", tmp_path / "*.csv")


@pytest.mark.parametrize("at", range(0, len(MANY) - 1, 331))
@pytest.mark.parametrize("pack", [gzip.compress, zipped], ids=["gzip", "zip"])
def test_packed_file_cut_anywhere_is_unreadable(pack: object, at: int, tmp_path: Path) -> None:
    assert callable(pack)
    packed = pack(MANY)
    path = tmp_path / "flights.csv.gz"
    path.write_bytes(packed[: at * len(packed) // len(MANY)])
    with pytest.raises(SourceUnreadable, match=r"flights\.csv\.gz"):
        load("csv", path)


@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet", "zip", "gzip"])
def test_flipped_bits_never_raise_anything_but_our_errors(kind: str, tmp_path: Path) -> None:
    lines = b"".join(b'{"n": %d, "w": "x"}\n' % n for n in range(40))
    whole = {
        "csv": MANY[:900],
        "ndjson": lines,
        "parquet": PARQUET,
        "zip": zipped(MANY),
        "gzip": gzip.compress(MANY),
    }[kind]
    path = tmp_path / "flights.dat"
    for seed in range(60):
        path.write_bytes(flipped(whole, seed))
        try:
            load(kind if kind in {"ndjson", "parquet"} else "csv", path)
        except DqmError as error:
            assert "flights.dat" in str(error)  # noqa: PT017 - damage may also go unseen


def test_delta_table_without_its_files_is_told(tmp_path: Path) -> None:
    path = tmp_path / "flights"
    pl.DataFrame({"n": [1]}).write_delta(str(path))
    for file in path.glob("*.parquet"):
        file.unlink()
    with pytest.raises(SourceUnreadable, match="a file of it went away"):
        load("delta", path)


def test_delta_log_that_is_cut_is_told(tmp_path: Path) -> None:
    path = tmp_path / "flights"
    pl.DataFrame({"n": [1]}).write_delta(str(path))
    next(path.glob("_delta_log/*.json")).write_text('{"add')
    with pytest.raises(SourceUnreadable, match="transaction log cannot be read"):
        load("delta", path)


def test_a_mistake_in_a_step_is_not_blamed_on_its_file(tmp_path: Path) -> None:
    path = tmp_path / "flights.csv"
    path.write_text(CSV)
    frame = plug("dq_monitor.sources", "csv", "source")().scan(str(path), {})
    broken = frame.select(pl.col("carrier").cast(pl.Int64))
    with pytest.raises(pl.exceptions.InvalidOperationError), reading({str(path): frame}):
        broken.collect()
    assert unreadable(KeyError("carrier"), str(path), frame) is None
    assert unreadable(pl.exceptions.ComputeError("division by zero"), str(path)) is None
    assert unreadable(pl.exceptions.ComputeError("invalid utf-8 sequence"), str(path))

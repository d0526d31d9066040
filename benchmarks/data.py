"""Generated input: 20 columns of a flight-like fact table, the same rows for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

BAD = 0.025  # share of rows that at least one rule refuses
CHUNK = 1_000_000
NAN = float("nan")
# What `blemished` puts into each n-th row of a column: nulls, NaN, and what the rules refuse. The
# numbers are prime, so that faults meet in every combination, but for one: it makes keys that are
# partly null and otherwise equal.
FAULTS: Mapping[str, Mapping[int, object]] = {
    "id": {20_011: None},
    "batch_no": {25_000: None},
    "flight_date": {9_001: None},
    "carrier": {5_003: None, 7_001: "XX"},
    "origin": {6_011: "XXX", 7_019: None},
    "channel": {6_007: "fax", 7_013: None},
    "dest": {4_007: "LONG", 5_011: "Ålö", 7_043: None},
    "tailnum": {6_029: None, 8_009: "X12345"},
    "booking": {8_017: "ua-1", 9_007: None},
    "dep_delay": {4_001: 5_000},
    "air_time": {5_009: NAN, 9_011: 0.0},
    "distance": {3_001: 7_000.0, 4_003: None},
    "fuel": {7_027: NAN, 9_013: -1.0},
    "arrived_at": {8_011: None},
}
REPEATS = 10_007  # each n-th row has the id and the line number of the row before
EARLY = 5_021  # each n-th row arrives before it departs


def generate(path: Path, rows: int) -> Path:
    """Write `rows` rows to one Parquet file, a million at a time; return its path."""
    return _write(path, rows, flights)


def blemished(path: Path, rows: int) -> Path:
    """Write the rows of `generate` with faults in them: every rule but two fails some rows."""
    return _write(path, rows, lambda start, size: spoilt(flights(start, size)))


def _write(path: Path, rows: int, chunk: Callable[[int, int], pl.LazyFrame]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        chunks = [chunk(start, min(CHUNK, rows - start)) for start in range(0, rows, CHUNK)]
        pl.concat(chunks).sink_parquet(path, row_group_size=250_000)
    return path


def spoilt(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return rows of `flights` with the faults in them."""
    number = pl.col("id")
    before = number - 1
    repeats, early = number % REPEATS == 0, number % EARLY == 0
    columns = {
        "id": pl.when(repeats).then(before).otherwise(number),
        "batch_no": pl.when(repeats).then(before // 1_000).otherwise("batch_no").cast(pl.Int32),
        "line_no": pl.when(repeats).then(before % 1_000).otherwise("line_no").cast(pl.Int32),
        "arrived_at": pl.when(early)
        .then(pl.col("departed_at").dt.offset_by("-1h"))
        .otherwise("arrived_at"),
    }
    for column, faults in FAULTS.items():
        for every, value in faults.items():
            cell = columns.get(column, pl.col(column))
            columns[column] = pl.when(number % every == 0).then(pl.lit(value)).otherwise(cell)
    return rows.with_columns(**columns)


def flights(start: int, rows: int) -> pl.LazyFrame:
    """Return `rows` rows from number `start` on."""
    i = pl.int_range(start, start + rows, dtype=pl.Int64, eager=False)
    mixed = ((i * 2_654_435_761) % 4_294_967_296).alias("mixed")
    frame = pl.select(i.alias("id"), mixed).lazy()
    bad = (pl.col("mixed") % 1_000) < BAD * 1_000
    return frame.select(
        pl.col("id"),
        (pl.col("id") // 1_000).cast(pl.Int32).alias("batch_no"),
        (pl.col("id") % 1_000).cast(pl.Int32).alias("line_no"),
        (pl.date(2013, 1, 1) + pl.duration(days=pl.col("mixed") % 365)).alias("flight_date"),
        _pick(["UA", "AA", "DL", "B6", "EV", "WN"], 7).alias("carrier"),
        _pick(["EWR", "JFK", "LGA"], 11).alias("origin"),
        _pick(["ATL", "BOS", "ORD", "LAX", "MIA", "SFO", "DEN"], 13).alias("dest"),
        pl.format("N{}", pl.col("mixed") % 90_000 + 10_000).alias("tailnum"),
        pl.format("UA-{}-{}", pl.col("mixed") % 9_000 + 1_000, pl.col("id") % 97).alias("booking"),
        (pl.col("mixed") % 7_000).cast(pl.Int32).alias("flight"),
        pl.when(bad).then(None).otherwise(pl.col("mixed") % 300 - 20).alias("dep_delay"),
        (pl.col("mixed") % 310 - 30).alias("arr_delay"),
        (pl.col("mixed") % 600 + 20).cast(pl.Float64).alias("air_time"),
        (pl.col("mixed") % 4_900 + 80).cast(pl.Float64).alias("distance"),
        ((pl.col("mixed") % 10_000) / 100).alias("fuel"),
        ((pl.col("mixed") % 8_765) / 7).alias("price"),
        (
            pl.datetime(2013, 1, 1, time_zone="UTC")
            + pl.duration(seconds=pl.col("mixed") % 31_536_000)
        ).alias("departed_at"),
        (
            pl.datetime(2013, 1, 2, time_zone="UTC")
            + pl.duration(seconds=pl.col("mixed") % 31_536_000)
        ).alias("arrived_at"),
        (pl.col("mixed") % 5 == 0).alias("cancelled"),
        _pick(["web", "app", "agent"], 17).alias("channel"),
    )


def _pick(words: list[str], prime: int) -> pl.Expr:
    which = (pl.col("mixed") // prime) % len(words)
    return which.replace_strict(dict(enumerate(words)), return_dtype=pl.String)

"""Generated input: 20 columns of a flight-like fact table, the same rows for the same seed."""

from __future__ import annotations

from pathlib import Path

import polars as pl

BAD = 0.025  # share of rows that at least one rule refuses
CHUNK = 1_000_000


def generate(path: Path, rows: int) -> Path:
    """Write `rows` rows to one Parquet file, a million at a time; return its path."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        starts = range(0, rows, CHUNK)
        chunks = [_chunk(start, min(CHUNK, rows - start)) for start in starts]
        pl.concat(chunks).sink_parquet(path, row_group_size=250_000)
    return path


def _chunk(start: int, rows: int) -> pl.LazyFrame:
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

"""Bronze: every delivery as it came, as text, with where it is from and when it came."""

from __future__ import annotations

import polars as pl

from dq_monitor.pipeline.declare import Step, Transform, file
from dq_monitor.pipeline.inputs import Run


def landed(feed: str) -> Step:
    """Return the step that appends one delivery of `feed` to its bronze table."""
    path = "{landing}/" + feed + "/{day}.csv"
    rows = file(path, infer_schema=False, null_values=["NA"])
    return Step(f"bronze.{feed}", {"rows": rows}, _stamped(feed))


def _stamped(feed: str) -> Transform:
    def stamp(rows: pl.LazyFrame, run: Run) -> pl.LazyFrame:
        return rows.with_columns(
            _source_file=pl.lit(f"{feed}/{run.day}.csv"),
            _ingested_at=pl.lit(run.now, pl.Datetime("us", "UTC")),
            _delivery_day=pl.lit(run.day, pl.Date),
        )

    return stamp

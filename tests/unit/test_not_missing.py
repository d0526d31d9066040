"""Days that stand for a missing one are found in timestamps of every unit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from dq_monitor.checks.not_missing import NotMissing
from dq_monitor.model.view import View

FIRST, LAST = datetime(1900, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 - without a zone


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_the_first_and_the_last_day_stand_for_missing_ones(unit: Any, zone: str | None) -> None:
    days = [FIRST, None, datetime(2013, 1, 1)] + ([LAST] if unit != "ns" else [])  # noqa: DTZ001 - the same
    stamps = pl.Series("x", days, dtype=pl.Datetime(unit)).dt.replace_time_zone(zone)
    frame = nw.from_native(stamps.to_frame().lazy())
    view = View(frame.collect_schema(), datetime(2013, 7, 1, tzinfo=UTC), "Europe/Berlin")
    answers: Any = frame.select(a=NotMissing(column="x").passes(view)).to_native()
    expected = [False, False, True, False][: len(days)]
    assert answers.collect()["a"].to_list() == expected

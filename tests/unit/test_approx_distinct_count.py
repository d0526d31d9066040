"""The estimate of distinct keys is within the error that its docs state, few keys or many."""

from __future__ import annotations

import polars as pl
import pytest

from dq_monitor.checks._sketch import estimate, registers


def estimated(keys: pl.DataFrame) -> int:
    row = registers(keys.lazy(), keys.columns).collect(engine="streaming").row(0, named=True)
    return estimate(row)


@pytest.mark.parametrize("count", [100, 5_000, 16_384, 40_000, 500_000])
def test_estimate_is_within_its_error(count: int) -> None:
    numbers = pl.int_range(count, eager=True).alias("a")
    for keys in (numbers, numbers.cast(pl.String), numbers / 7):
        assert estimated(keys.to_frame()) == pytest.approx(count, rel=0.025, abs=2)


def test_repeats_and_partitions_do_not_change_the_estimate() -> None:
    keys = pl.DataFrame({"a": range(10_000), "b": ["x", "y"] * 5_000})
    assert estimated(pl.concat([keys, keys.reverse()])) == estimated(keys)


def test_columns_count_by_their_combinations() -> None:
    one, other = pl.DataFrame({"a": range(300)}), pl.DataFrame({"b": range(300)})
    assert estimated(one.join(other, how="cross")) == pytest.approx(90_000, rel=0.025)


def test_no_keys_are_none() -> None:
    assert estimated(pl.DataFrame({"a": []}, schema={"a": pl.String})) == 0

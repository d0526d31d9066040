"""Every check answers of a table file by file what it answers of all rows at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dq_monitor.model.pack import Pack
from dq_monitor.store import open_store
from tests.catalogue.asking import chosen, rule_of
from tests.catalogue.case import NOW, ZONE, Case, frames
from tests.states_house import TABLE, StatesHouse, same

CASES = chosen()
UNSTORABLE = (pl.Time, pl.Duration, pl.Null, pl.Categorical, pl.Enum, pl.Int128, pl.UInt64)


def is_storable(case: Case) -> bool:
    columns = (*case.columns.values(), *case.others.values())
    return not any(
        isinstance(column.dtype, UNSTORABLE) or column.dtype in UNSTORABLE for column in columns
    )


STORABLE = {label: case for label, case in CASES.items() if is_storable(case)}


def test_most_checks_can_be_asked_of_a_stored_table() -> None:
    assert len(STORABLE) > 0.9 * len(CASES)


@pytest.mark.parametrize("case", STORABLE.values(), ids=STORABLE)
def test_a_check_answers_file_by_file_as_of_all_rows(
    case: Case, tmp_path: Path, sqlite_url: str
) -> None:
    store = open_store(sqlite_url)
    numbers = iter(range(10_000))

    @settings(
        max_examples=2,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        house = StatesHouse.at(tmp_path / str(next(numbers)), store)
        rule = rule_of(case, lambda name: name)
        pack = Pack("p", TABLE, "f", rules=(replace(rule, id="asked"),), timezone=ZONE)
        if case.others:
            others = data.draw(frames(case.others, 6))
            house.append(others, case.references)
        for part in data.draw(
            st.lists(frames(case.columns, case.max_rows), min_size=2, max_size=3)
        ):
            house.append(part)
            same(house.check(pack, now=NOW).verdict, house.afresh(pack, now=NOW))
        known = house.check(pack, now=NOW)
        same(known.verdict, house.afresh(pack, now=NOW))
        assert known.reading.asked_anew or known.reading.files_read == 0

    try:
        hold()
    finally:
        store.close()

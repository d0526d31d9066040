"""Rules with `by` give each engine's segments the answers that Polars gives them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from dq_monitor.engines.polars import evaluate as on_polars
from dq_monitor.engines.portable import evaluate, lacking
from dq_monitor.model.rule import OnFail, Rule
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View
from dq_monitor.packs import parse_pack
from tests.catalogue.case import NOW
from tests.engine_house import Engine

RULES = """\
table: t
rules:
  - not_null: a
    by: carrier
  - in_range: {column: a, max: 1}
    by: [carrier, day]
    nulls: fail
    where: "origin <> 'LGA'"
  - mean: a
    by: day
    warn: {over: 0}
  - mean: a
    id: of_none
    by: day
    where: "a > 1000"
    warn: {over: 0}
  - unique: [a]
    by: carrier
    where: "origin <> 'LGA'"
  - unique: [carrier]
    id: of_its_own_key
    by: carrier
    nulls: fail
  - foreign_key: {column: carrier, references: bronze.airlines.carrier}
    by: origin
  - row_count_match: {table: bronze.airlines}
    id: compared
    by: carrier
  - not_null: origin
    id: not_in_segments
  - in_set: {column: nothing, values: [1]}
    id: of_no_column
    by: carrier
"""
ROWS = pl.DataFrame(
    {
        "carrier": ["UA", "UA", "AA", None, "AA", "UA, EWR"],
        "origin": ["EWR", "JFK", "EWR", "EWR", None, "LGA"],
        "day": [date(2013, 1, 1), date(2013, 1, 2), None, date(2013, 1, 1), date(2013, 1, 1), None],
        "a": [1, 1, None, 2, 5, 7],
    }
)
AIRLINES = pl.DataFrame({"carrier": ["UA", "AA"]})


def rules() -> list[Rule]:
    pack = parse_pack(RULES, "pack.yaml")
    return [replace(rule, on_fail=OnFail.KEEP) for rule in pack.rules]


def by_name(seen: tuple[Observation, ...]) -> dict[tuple[str, str], Observation]:
    return {(one.rule_id, one.segment): one for one in seen}


@pytest.mark.parametrize("frame", [ROWS, ROWS.clear()], ids=["rows", "no rows"])
def test_each_segment_has_the_answer_it_has_on_polars(
    engine: tuple[str, Engine], frame: pl.DataFrame
) -> None:
    name, there = engine
    asked, airlines = there.put(frame), there.put(AIRLINES)
    view = View(asked.collect_schema(), NOW, engine=name)
    references = {"bronze.airlines": airlines}
    found = evaluate(asked, rules(), view, references, collect=there.collect)
    here = View(nw.from_native(frame.lazy()).collect_schema(), NOW)
    known = on_polars(frame.lazy(), rules(), here, {"bronze.airlines": AIRLINES.lazy()}, None)
    assert by_name(found) == by_name(known)


def test_many_segments_are_refused_as_on_polars(engine: tuple[str, Engine]) -> None:
    name, there = engine
    frame = pl.DataFrame({"carrier": map(str, range(1_001)), "a": 1})
    asked = there.put(frame)
    view = View(asked.collect_schema(), NOW, engine=name)
    some = [rule for rule in rules() if rule.id == "not_null.a"]
    (seen,) = evaluate(asked, some, view, {}, collect=there.collect)
    assert seen.error is not None
    assert "more than 1,000 segments" in seen.error


def test_rules_with_segments_are_looked_at_before_they_are_asked(
    engine: tuple[str, Engine],
) -> None:
    name, there = engine
    asked, airlines = there.put(ROWS), there.put(AIRLINES)
    view = View(asked.collect_schema(), NOW, engine=name)

    def prepare(frame: nw.LazyFrame[Any]) -> None:
        if there.backend:
            there.backend.prepare(frame)

    references = {"bronze.airlines": airlines}
    assert lacking(asked, rules(), view, references, prepare=prepare) == {}

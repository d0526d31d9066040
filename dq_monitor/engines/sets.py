"""Set rules on Polars: only key columns are read, and only failing keys are looked up again."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.plan import SetQuestion
from dq_monitor.model.check import View
from dq_monitor.model.verdict import Observation


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """What a set rule measured, and the distinct keys that fail (None when none does)."""

    seen: Observation
    failing: pl.DataFrame | None = None


def ask_keys(
    rows: pl.LazyFrame, question: SetQuestion, others: pl.LazyFrame | None, view: View
) -> KeyAnswer:
    """Hold the keys of `rows` against each other and against `others`.

    `others` has the referenced columns under their own names (for a foreign key) or the stored
    rows of the same table; a missing reference is an error, since nothing could be looked up.
    """
    rule = question.rule
    reference = question.check.reference()
    if reference is not None and others is None:
        message = f"there is no table {reference.table!r} to look the key up in"
        return KeyAnswer(Observation(rule.id, error=message))
    keys = asked_keys(rows, question, view)
    names = rule.columns if reference is None else reference.columns
    try:
        found = _failing(keys, question, _renamed(others, names, rule.columns))
        judged = keys.select(pl.len()).collect(engine="streaming").item()
        failing = _count(keys, found) if found.height else 0
    except ValueError as error:  # the check's own words: it names columns and types
        return KeyAnswer(Observation(rule.id, error=str(error)))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        # Polars quotes values, and this text goes into alerts.
        message = f"the keys cannot be compared: {type(error).__name__}, check the columns' types"
        return KeyAnswer(Observation(rule.id, error=message))
    seen = Observation(rule.id, failing=failing, passing=judged - failing)
    return KeyAnswer(seen, found if failing else None)


def asked_keys(rows: pl.LazyFrame, question: SetQuestion, view: View) -> pl.LazyFrame:
    """Return the key columns of the rows that take part: inside `where`, no key part null."""
    asked = nw.from_native(rows)
    if question.asked is not None:
        asked = asked.filter(question.asked)
    keys = [view.col(column).alias(column) for column in question.rule.columns]
    return asked.select(keys).to_native().drop_nulls()


def carrying(rows: pl.LazyFrame, question: SetQuestion, failing: pl.DataFrame) -> pl.LazyFrame:
    """Return the rows whose key is among `failing`, and that the rule asks of."""
    asked = nw.from_native(rows)
    if question.asked is not None:
        asked = asked.filter(question.asked)
    columns = list(question.rule.columns)
    return asked.to_native().join(failing.lazy(), on=columns, how="semi")


def in_range_of(stored: pl.LazyFrame, keys: pl.LazyFrame) -> pl.LazyFrame:
    """Keep the stored rows within the range of `keys`, so that file statistics skip the rest."""
    names = keys.collect_schema().names()
    bounds = keys.select(
        [pl.col(n).min().alias(f"min:{n}") for n in names]
        + [pl.col(n).max().alias(f"max:{n}") for n in names]
    )
    row = bounds.collect(engine="streaming").row(0, named=True)
    inside = [
        pl.col(n).is_between(pl.lit(row[f"min:{n}"]), pl.lit(row[f"max:{n}"]))
        for n in names
        if row[f"min:{n}"] is not None
    ]
    return stored.filter(*inside) if inside else stored.clear()


def _renamed(
    others: pl.LazyFrame | None, names: tuple[str, ...], columns: tuple[str, ...]
) -> pl.LazyFrame | None:
    if others is None:
        return None
    pairs = zip(names, columns, strict=True)
    return others.select(pl.col(name).alias(column) for name, column in pairs).drop_nulls()


def _failing(
    keys: pl.LazyFrame, question: SetQuestion, others: pl.LazyFrame | None
) -> pl.DataFrame:
    asked = question.check.failing(
        nw.from_native(keys), None if others is None else nw.from_native(others)
    )
    found: pl.LazyFrame = asked.to_native()
    return found.collect(engine="streaming")


def _count(keys: pl.LazyFrame, failing: pl.DataFrame) -> int:
    columns = failing.columns
    joined = keys.join(failing.lazy(), on=columns, how="semi")
    return int(joined.select(pl.len()).collect(engine="streaming").item())

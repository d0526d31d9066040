"""Set rules on Polars: only key columns are read, and only failing keys are looked up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.hashes import Hashes, asked_rows, hash_keys, real_keys, suspects
from dq_monitor.engines.plan import SetQuestion
from dq_monitor.engines.watch import Part, Watch, unwatched
from dq_monitor.model.rule import Nulls
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View

Failure = (ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """What a set rule measured, and the distinct keys that fail (None when none does)."""

    seen: Observation
    failing: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A set question and the rows that its keys are held against, if there are any.

    `others` has the referenced columns under their own names (for a foreign key) or is the stored
    rows of the same table.
    """

    question: SetQuestion
    others: pl.LazyFrame | None


def ask_keys(
    rows: pl.LazyFrame,
    held: Sequence[Held],
    view: View,
    hashes: Mapping[str, Hashes],
    watch: Watch = unwatched,
) -> dict[str, KeyAnswer]:
    """Hold the keys of `rows` against each other and against others; answers by rule id.

    `hashes` holds what a pass before already knows of unique keys; those of the others are made
    here. All questions that these do not settle share one pass over the key columns. When one of
    them breaks it, each is asked alone, so that only its own rule is in error.
    """
    known = {**hashes, **dict(hash_keys(rows, _to_hash(held, hashes), view, watch))}
    clear = {
        one.question.rule.id: _settle(one.question, view, known[one.question.rule.id])
        for one in held
        if one.others is None and _settled(one.question, known)
    }
    asked = [one for one in held if one.question.rule.id not in clear]
    if not asked:
        return clear
    with watch(Part.KEYS, [one.question.rule.id for one in asked]):
        return {**clear, **_ask(rows, asked, view, known)}


def _to_hash(held: Sequence[Held], hashes: Mapping[str, Hashes]) -> list[SetQuestion]:
    alone = [one.question for one in held if one.others is None]
    return [q for q in alone if q.only_repeats and q.rule.id not in hashes]


def _settled(question: SetQuestion, known: Mapping[str, Hashes]) -> bool:
    return question.rule.id in known and known[question.rule.id].settled


def _settle(question: SetQuestion, view: View, hashes: Hashes) -> KeyAnswer:
    seen = Observation(question.rule.id, failing=hashes.rows, passing=hashes.judged - hashes.rows)
    failing = real_keys(question, view, hashes.repeated) if hashes.rows else None
    return KeyAnswer(seen, failing)


def _ask(
    rows: pl.LazyFrame, held: Sequence[Held], view: View, known: Mapping[str, Hashes]
) -> dict[str, KeyAnswer]:
    try:
        return _together(rows, held, view, known)
    except Failure:
        return {one.question.rule.id: _alone(rows, one, view, known) for one in held}


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


def _together(
    rows: pl.LazyFrame, held: Sequence[Held], view: View, known: Mapping[str, Hashes]
) -> dict[str, KeyAnswer]:
    asked = [one for one in held if _can_look_up(one)]
    everything = [asked_rows(rows, one.question, view) for one in asked]
    keys = [_keys(rows, one, view, known) for one in asked]
    failing = [_failing(k, one) for k, one in zip(keys, asked, strict=True)]
    results = _collect([*failing, *(rows.select(_key_counts()) for rows in everything)])
    found, judged = results[: len(asked)], [r.row(0) for r in results[len(asked) :]]
    counted = iter(
        _collect([_carrying(k, f) for k, f in zip(keys, found, strict=True) if f.height])
    )
    counts = [next(counted).item() if f.height else 0 for f in found]
    answers = {one.question.rule.id: _unknown(one) for one in held}
    for one, rows_failing, (total, keyed), frame in zip(asked, counts, judged, found, strict=True):
        rule = one.question.rule
        bad = rows_failing + (total - keyed if rule.nulls is Nulls.FAIL else 0)
        good = keyed - rows_failing + (total - keyed if rule.nulls is Nulls.PASS else 0)
        seen = Observation(rule.id, failing=bad, passing=good)
        answers[rule.id] = KeyAnswer(seen, frame if bad else None)
    return answers


def _keys(rows: pl.LazyFrame, one: Held, view: View, known: Mapping[str, Hashes]) -> pl.LazyFrame:
    """Return the keys that may fail: where hashes are known, only those that share one."""
    hashes = known.get(one.question.rule.id)
    if hashes is None or one.others is not None:
        return asked_rows(rows, one.question, view).drop_nulls()
    return suspects(rows, one.question, view, hashes)


def _key_counts() -> tuple[pl.Expr, pl.Expr]:
    """Count the rows, and those of them whose key has no null part."""
    return pl.len().alias("rows"), pl.all_horizontal(pl.all().is_not_null()).sum().alias("known")


def _alone(rows: pl.LazyFrame, one: Held, view: View, known: Mapping[str, Hashes]) -> KeyAnswer:
    rule_id = one.question.rule.id
    try:
        return _together(rows, [one], view, known)[rule_id]
    except ValueError as error:  # the check's own words: it names columns and types
        return KeyAnswer(Observation(rule_id, error=str(error)))
    except Failure as error:
        # Polars quotes values, and this text goes into alerts.
        message = f"the keys cannot be compared: {type(error).__name__}, check the columns' types"
        return KeyAnswer(Observation(rule_id, error=message))


def _can_look_up(one: Held) -> bool:
    """Say whether there is a table to look in: without one the rule is in error."""
    return one.question.check.reference() is None or one.others is not None


def _unknown(one: Held) -> KeyAnswer:
    reference = one.question.check.reference()
    table = reference.table if reference else ""
    message = f"there is no table {table!r} to look the key up in"
    return KeyAnswer(Observation(one.question.rule.id, error=message))


def _failing(keys: pl.LazyFrame, one: Held) -> pl.LazyFrame:
    others = None if one.others is None else nw.from_native(_renamed(one.others, one.question))
    found: pl.LazyFrame = one.question.check.failing(nw.from_native(keys), others).to_native()
    return found


def _renamed(others: pl.LazyFrame, question: SetQuestion) -> pl.LazyFrame:
    """Return the other keys under the rule's names; of stored rows those it would be asked of."""
    columns, reference = question.rule.columns, question.check.reference()
    if reference is None and question.asked is not None:
        others = nw.from_native(others).filter(question.asked).to_native()
    pairs = zip(columns if reference is None else reference.columns, columns, strict=True)
    return others.select(pl.col(name).alias(column) for name, column in pairs).drop_nulls()


def _carrying(keys: pl.LazyFrame, failing: pl.DataFrame) -> pl.LazyFrame:
    return keys.join(failing.lazy(), on=failing.columns, how="semi").select(pl.len())


def _collect(frames: list[pl.LazyFrame]) -> list[pl.DataFrame]:
    return pl.collect_all(frames, engine="streaming") if frames else []

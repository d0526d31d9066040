"""Keys as 64-bit hashes: enough to say that none repeats, and which ones have to be looked at.

Equal keys have equal hashes, so as many hashes as keys means that no key repeats. Where there are
fewer, only the rows that share a hash are compared by their real keys.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.plan import SetQuestion
from dq_monitor.engines.watch import Part, Watch, unwatched
from dq_monitor.model.check import View

# Hashes of this many keys are in memory at once: 8 bytes a row and key.
AT_ONCE = 4
# Above this many suspects it is cheaper to group all keys than to look the suspects up.
MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Hashes:
    """The keys of a unique rule: how many rows have one, and the hashes that occur repeatedly."""

    judged: int
    repeated: pl.Series

    @property
    def distinct(self) -> bool:
        """Say whether no key can repeat."""
        return self.repeated.is_empty()


def asked_rows(rows: pl.LazyFrame, question: SetQuestion, view: View) -> pl.LazyFrame:
    """Return the key columns of the rows inside `where`, NaN as null."""
    asked = nw.from_native(rows)
    if question.asked is not None:
        asked = asked.filter(question.asked)
    keys = [view.col(column).alias(column) for column in question.rule.columns]
    found: pl.LazyFrame = asked.select(keys).to_native()
    return found


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Unique questions about the same key, hashed together.

    What does not repeat among all rows repeats in no part of them either.
    """

    questions: tuple[SetQuestion, ...]

    @property
    def name(self) -> str:
        """Return a name for what is measured of the group."""
        return f"keys:{self.questions[0].rule.id}"


def key_groups(questions: Iterable[SetQuestion]) -> list[KeyGroup]:
    """Return the questions by the key that they ask about."""
    groups: dict[tuple[str, ...], list[SetQuestion]] = defaultdict(list)
    for question in questions:
        groups[question.rule.columns].append(question)
    return [KeyGroup(tuple(group)) for group in groups.values()]


def hashed(rows: pl.LazyFrame, group: KeyGroup, view: View, only: str = "") -> pl.LazyFrame:
    """Project the group's keys to a column `key` of 64 bits, with who asks for them beside it.

    One question alone is asked of its own rows; of several each has a column of its own name that
    says which rows it is asked of. `only` is a boolean column that the rows must have: a filter
    that other branches of a pass do not have, or Polars would filter first and then do for them
    again what they share with the rest.
    """
    names = group.questions[0].rule.columns
    several = len(group.questions) > 1
    asking = {_asks_name(q): _asks(q) for q in group.questions if several or q.asked is not None}
    asked = nw.from_native(rows).select(
        *(view.col(column).alias(column) for column in names),
        *(expr.alias(name) for name, expr in asking.items()),
        *([nw.col(only)] if only else []),
    )
    needed = [pl.col(column).is_not_null() for column in names]
    needed += [pl.col(only)] if only else []
    needed += [] if several else map(pl.col, asking)
    keys: pl.LazyFrame = asked.to_native().filter(pl.all_horizontal(needed))
    key = _hash(group.questions[0], view).alias("key")
    return keys.select(key, *(asking if several else ()))


def count_hashes(group: KeyGroup, keys: pl.DataFrame) -> Iterator[tuple[str, Hashes]]:
    """Yield what the frame of `hashed` says of each question, by rule id."""
    key = keys["key"]
    distinct = key.n_unique() == key.len()
    for question in group.questions:
        asked = keys.get_column(_asks_name(question), default=None)
        judged = key.len() if asked is None else int(asked.sum())
        own = key if asked is None else key.filter(asked.fill_null(value=False))
        repeated = key.clear() if distinct else own.filter(own.is_duplicated()).unique()
        yield question.rule.id, Hashes(judged, repeated)


def hash_keys(
    rows: pl.LazyFrame, questions: Sequence[SetQuestion], view: View, watch: Watch = unwatched
) -> Iterator[tuple[str, Hashes]]:
    """Yield the hashes of each question's keys by rule id, a few keys a pass."""
    for some in at_once(questions):
        with watch(Part.HASHES, ids_of(some)):
            found = pl.collect_all([hashed(rows, g, view) for g in some], engine="streaming")
        for group, keys in zip(some, found, strict=True):
            yield from count_hashes(group, keys)


def at_once(questions: Sequence[SetQuestion]) -> Iterator[Sequence[KeyGroup]]:
    """Yield the groups of questions whose keys are hashed in one pass."""
    groups = key_groups(questions)
    for start in range(0, len(groups), AT_ONCE):
        yield groups[start : start + AT_ONCE]


def ids_of(groups: Iterable[KeyGroup]) -> tuple[str, ...]:
    """Return the rules that the groups are hashed for."""
    return tuple(question.rule.id for group in groups for question in group.questions)


def suspects(rows: pl.LazyFrame, question: SetQuestion, view: View, hashes: Hashes) -> pl.LazyFrame:
    """Return the keys of the rows whose hash occurs more than once; all keys if these are many."""
    keys = asked_rows(rows, question, view).drop_nulls()
    if hashes.repeated.len() > MANY:
        return keys
    return keys.filter(_hash(question, view).is_in(hashes.repeated.implode()))


def _asks(question: SetQuestion) -> nw.Expr:
    return nw.lit(value=True) if question.asked is None else question.asked


def _asks_name(question: SetQuestion) -> str:
    return f"asks:{question.rule.id}"


def _hash(question: SetQuestion, view: View) -> pl.Expr:
    """Return 64 bits that are equal for equal keys.

    An integer is its own hash; several columns are hashed each under its own seed, so that equal
    values in two of them do not cancel.
    """
    names = question.rule.columns
    if len(names) == 1 and view.schema[names[0]].is_integer():
        return pl.col(names[0])
    return reduce(pl.Expr.xor, [pl.col(name).hash(seed=seed) for seed, name in enumerate(names)])

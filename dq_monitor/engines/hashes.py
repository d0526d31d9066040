"""Keys as 64 bits: enough to say that none repeats, and which ones have to be looked at.

Equal keys have equal bits. One integer, or two short ones, fit into 64 bits as they are; other keys
are hashed, and where rows share a hash only these are compared by their real keys.
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
from dq_monitor.model.view import View

# Hashes of this many keys are in memory at once: 8 bytes a row and key.
AT_ONCE = 4
BITS = "_dq_bits"
# Above this many suspects it is cheaper to group all keys than to look the suspects up.
MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Hashes:
    """The keys of a unique rule: how many rows have one, and which bits occur repeatedly.

    `rows` counts the rows that share their bits with another. `exact` says that the bits are the
    keys themselves.
    """

    judged: int
    rows: int
    repeated: pl.Series
    exact: bool = False

    @property
    def settled(self) -> bool:
        """Say whether this is the whole answer: nothing repeats, or what repeats are real keys."""
        return self.exact or self.repeated.is_empty()


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


def count_hashes(group: KeyGroup, keys: pl.DataFrame, view: View) -> Iterator[tuple[str, Hashes]]:
    """Yield what the frame of `hashed` says of each question, by rule id."""
    several = twins(keys["key"])
    suspects = keys.clear() if several.is_empty() else _among(keys, several, group)
    exact = is_exact(group.questions[0], view)
    for question in group.questions:
        asked = keys.get_column(_asks_name(question), default=None)
        judged = keys.height if asked is None else int(asked.sum())
        own = several if asked is None else twins(suspects.filter(_asks_name(question))["key"])
        yield question.rule.id, Hashes(judged, own.len(), own.unique(), exact)


def twins(key: pl.Series) -> pl.Series:
    """Return every member of each repeated value, sorted.

    Sorting and comparing neighbours costs what counting the distinct values costs, and a third of
    `is_duplicated`.
    """
    ordered = key.sort()
    same = (ordered == ordered.shift(1)).fill_null(value=False)
    return ordered.filter(same | same.shift(-1, fill_value=False))


def _among(keys: pl.DataFrame, twins: pl.Series, group: KeyGroup) -> pl.DataFrame:
    """Return the rows whose key repeats, where several questions ask about parts of them."""
    if len(group.questions) == 1:
        return keys.clear()
    return keys.filter(pl.col("key").is_in(twins.unique().implode()))


def hash_keys(
    rows: pl.LazyFrame, questions: Sequence[SetQuestion], view: View, watch: Watch = unwatched
) -> Iterator[tuple[str, Hashes]]:
    """Yield the hashes of each question's keys by rule id, a few keys a pass."""
    for some in at_once(questions):
        with watch(Part.HASHES, ids_of(some)):
            found = pl.collect_all([hashed(rows, g, view) for g in some], engine="streaming")
        for group, keys in zip(some, found, strict=True):
            yield from count_hashes(group, keys, view)


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


def keyed(rows: pl.LazyFrame, question: SetQuestion, view: View) -> pl.LazyFrame:
    """Return the keys of the rows inside `where` that have one, with their 64 bits as `BITS`."""
    keys = asked_rows(rows, question, view).drop_nulls()
    return keys.with_columns(_hash(question, view).alias(BITS))


def _asks(question: SetQuestion) -> nw.Expr:
    return nw.lit(value=True) if question.asked is None else question.asked


def _asks_name(question: SetQuestion) -> str:
    return f"asks:{question.rule.id}"


def is_exact(question: SetQuestion, view: View) -> bool:
    """Say whether the key fits into 64 bits as it is: one integer, or two short ones."""
    types = [view.schema[name] for name in question.rule.columns]
    return (len(types) == 1 and types[0].is_integer()) or _packs(types)


def real_keys(question: SetQuestion, view: View, bits: pl.Series) -> pl.DataFrame:
    """Return the keys that exact bits stand for, under the names of their columns."""
    names = question.rule.columns
    key = pl.col("key")
    parts = [key] if len(names) == 1 else [key // _SPAN, key % _SPAN - _HALF]
    typed = [
        part.cast(getattr(pl, str(view.schema[name]))).alias(name)
        for part, name in zip(parts, names, strict=True)
    ]
    return bits.alias("key").to_frame().select(typed)


_SHORT = (nw.Int8, nw.Int16, nw.Int32, nw.UInt8, nw.UInt16)
_SPAN, _HALF = 2**32, 2**31


def _packs(types: Sequence[nw.dtypes.DType]) -> bool:
    return len(types) == len("ab") and all(isinstance(dtype, _SHORT) for dtype in types)


def _hash(question: SetQuestion, view: View) -> pl.Expr:
    """Return 64 bits that are equal for equal keys.

    Columns that do not fit are hashed each under its own seed, so that equal values in two of them
    do not cancel.
    """
    names = question.rule.columns
    if len(names) == 1 and is_exact(question, view):
        return pl.col(names[0])
    if is_exact(question, view):
        high, low = (pl.col(name).cast(pl.Int64) for name in names)
        return high * _SPAN + (low + _HALF)
    return reduce(pl.Expr.xor, [pl.col(name).hash(seed=seed) for seed, name in enumerate(names)])

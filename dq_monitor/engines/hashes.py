"""Keys as 64-bit hashes: enough to say that none repeats, and which ones have to be looked at.

Equal keys have equal hashes, so as many hashes as keys means that no key repeats. Where there are
fewer, only the rows that share a hash are compared by their real keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.plan import SetQuestion
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


def hashed(rows: pl.LazyFrame, question: SetQuestion, view: View) -> pl.LazyFrame:
    """Project the keys of the rows that have one to a column `key` of 64 bits."""
    return asked_rows(rows, question, view).drop_nulls().select(_hash(question).alias("key"))


def count_hashes(keys: pl.DataFrame) -> Hashes:
    """Return what the column `key` of `hashed` says."""
    key = keys["key"]
    if key.n_unique() == key.len():
        return Hashes(key.len(), key.clear())
    return Hashes(key.len(), key.filter(key.is_duplicated()).unique())


def hash_keys(
    rows: pl.LazyFrame, questions: Sequence[SetQuestion], view: View
) -> Iterator[tuple[str, Hashes]]:
    """Yield the hashes of each question's keys by rule id, a few keys a pass."""
    for start in range(0, len(questions), AT_ONCE):
        some = questions[start : start + AT_ONCE]
        found = pl.collect_all([hashed(rows, q, view) for q in some], engine="streaming")
        for question, keys in zip(some, found, strict=True):
            yield question.rule.id, count_hashes(keys)


def suspects(rows: pl.LazyFrame, question: SetQuestion, view: View, hashes: Hashes) -> pl.LazyFrame:
    """Return the keys of the rows whose hash occurs more than once; all keys if these are many."""
    keys = asked_rows(rows, question, view).drop_nulls()
    if hashes.repeated.len() > MANY:
        return keys
    return keys.filter(_hash(question).is_in(hashes.repeated.implode()))


def _hash(question: SetQuestion) -> pl.Expr:
    """Hash each column under its own seed, so that equal values in two columns do not cancel."""
    parts = [pl.col(name).hash(seed=seed) for seed, name in enumerate(question.rule.columns)]
    return reduce(pl.Expr.xor, parts)

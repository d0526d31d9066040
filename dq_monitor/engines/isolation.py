"""Asks several questions at once, and finds those that break it: only they are in error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import narwhals.stable.v2 as nw
import polars as pl

Item = TypeVar("Item")
Result = TypeVar("Result")
Frame: TypeAlias = nw.LazyFrame[Any]
Collect: TypeAlias = Callable[[Frame], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a question has no answer, in one sentence and without any row's values.

    `lacking` says that the engine, or its library, does not know how to ask it.
    """

    why: str
    lacking: bool = False


class CollectFailed(Exception):
    """An engine broke off a query; its own words may quote values and are left behind."""


def collecting(collect: Collect) -> Collect:
    """Return `collect` with what the engine raises turned into CollectFailed, its type's name."""

    def collected(frame: Frame) -> pl.DataFrame:
        try:
            return collect(frame)
        except (Exception, pl.exceptions.PanicException) as error:
            raise CollectFailed(type(error).__name__) from error

    return collected


def isolate(
    ask: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item]
) -> Iterator[tuple[Item, Result | Broken]]:
    """Ask all items at once; where that breaks, halve them until the broken ones stand alone.

    Every question costs a scan of a table that may be large, so they are not all asked alone.
    """
    if not items:
        return
    try:
        results = ask(items)
    except Exception as error:  # noqa: BLE001 - each engine's library raises classes of its own
        if len(items) == 1:
            yield items[0], _broken(error)
            return
        middle = len(items) // 2
        yield from isolate(ask, items[:middle])
        yield from isolate(ask, items[middle:])
    else:
        yield from zip(items, results, strict=True)


def singly(
    ask: Callable[[Item], Result], items: Sequence[Item]
) -> Iterator[tuple[Item, Result | Broken]]:
    """Ask each item by itself, as those do that need a query of their own."""
    for item in items:
        yield from isolate(lambda some: [ask(one) for one in some], [item])


def _broken(error: Exception) -> Broken:
    if isinstance(error, CollectFailed):
        return Broken(f"evaluation failed with {error}: check the rule and its columns")
    # nothing was read yet: these speak of columns, types and functions
    said = next(iter(str(error).splitlines()), "")
    if type(error) is ValueError:
        return Broken(said)  # the check's own words
    known = isinstance(error, NotImplementedError) and said
    return Broken(said if known else f"its query fails with {type(error).__name__}", lacking=True)

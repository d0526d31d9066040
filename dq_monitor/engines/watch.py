"""Where the engine says what it is doing, for whoever wants to time it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum


class Part(StrEnum):
    """One part of the work: what is done with the rows that it looks at.

    `estimate` looks how many values the text columns have that many rules ask about, and `values`
    asks those rules of the distinct ones. `rows` asks row and table rules, `hashes` looks for keys
    that may repeat, `keys` compares keys, `queries` runs the rules that are queries of their own.
    `segments` does what rules with `by` need beside.
    """

    ESTIMATE = "estimate"
    VALUES = "values"
    ROWS = "rows"
    HASHES = "hashes"
    KEYS = "keys"
    QUERIES = "queries"
    SEGMENTS = "segments"


# Called with the part that begins and the ids of the rules that it is done for.
Watch = Callable[[Part, Iterable[str]], AbstractContextManager[None]]


@contextmanager
def unwatched(part: Part, rules: Iterable[str]) -> Iterator[None]:  # noqa: ARG001 - a Watch
    """Watch nothing."""
    yield

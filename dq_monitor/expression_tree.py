"""The tree of an expression: columns, literals, and what is applied to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MAX_INTEGER = 2**63 - 1

Scalar = bool | int | float | str | date | datetime | timedelta | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function and what it is applied to."""

    op: str
    args: tuple[Node, ...]


Node = Column | Constant | Call


def walk(root: Node) -> Iterator[Node]:
    """Return every node of a tree, the root first, in the order of the text."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, Call):
            pending.extend(reversed(node.args))

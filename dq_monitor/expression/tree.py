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


@dataclass(frozen=True, slots=True)
class Summary:
    """An aggregate over all rows of what it is applied to; of the rows themselves without that."""

    op: str
    arg: Node | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """Arithmetic between aggregates and numbers."""

    op: str
    args: tuple[Term, ...]


Term = Formula | Summary | float


def walk(root: Node) -> Iterator[Node]:
    """Return every node of a tree, the root first, in the order of the text."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, Call):
            pending.extend(reversed(node.args))


# How often an engine expression repeats its arguments: a guard asks a value and then takes it.
_REPEATS = {"/": 2, "%": 3, "ABS": 2, "ROUND": 3, "CAST": 5, "NULLIF": 2}
# Formulas are guarded as a whole, not at each step.
FORMULA = frozenset({"+", "-", "*", "/", "negate"})


def weight(root: Node) -> int:
    """Return how large the engine expression of a tree gets; repeats within repeats multiply."""
    return _weight(root, {})


def _weight(node: Node, known: dict[int, int]) -> int:
    # A part that stands in the tree twice is one object: each is weighed once.
    if not isinstance(node, Call):
        return 1
    if id(node) not in known:
        weights = [_weight(arg, known) * (1 + _guarded(arg, node.op)) for arg in node.args]
        if node.op == "IN":
            known[id(node)] = len(weights) * (1 + weights[0])
        else:
            known[id(node)] = 1 + _REPEATS.get(node.op, 1) * sum(weights)
    return known[id(node)]


def _guarded(arg: Node, op: str) -> bool:
    return isinstance(arg, Call) and arg.op in FORMULA and op not in FORMULA

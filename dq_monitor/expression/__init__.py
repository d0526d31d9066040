"""The expression language of rules: a safe subset of SQL, compiled to engine expressions.

`where`, `expression` and conditions of a pack are written in it. Columns are case-sensitive
(`"quoted"` where a name is not a word), null means unknown as in SQL, NaN and division by zero are
null, `/` is always a fraction, a text beside a date is read as an ISO date. Metrics are a language
of their own, see `metric`: only there do aggregates mean anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import narwhals.stable.v2 as nw

from dq_monitor.expression.compile import compile_node
from dq_monitor.expression.syntax import read
from dq_monitor.expression.tree import Call, Column, Node, walk
from dq_monitor.expression.types import Type, column, require
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression that may be compiled: its text, tree and the columns it reads, in order."""

    text: str
    root: Node
    columns: tuple[str, ...]


@lru_cache(maxsize=1024)
def parse(text: str, *, boolean: bool = True) -> Parsed:
    """Return what `text` says; raise ValueError with one line when it is refused.

    An expression must read a column, and with `boolean` not be surely something else than a
    question (`a + 1`); of a bare column only its table can tell.
    """
    root = read(text)
    found = tuple(dict.fromkeys(node.name for node in walk(root) if isinstance(node, Column)))
    if not found:
        raise ValueError("the expression reads no column (text goes into single quotes)")
    if boolean and isinstance(root, Call) and root.op not in _QUESTIONS:
        raise ValueError(f"the expression is not a yes-or-no question: {root.op} gives a value")
    return Parsed(text, root, found)


def columns(text: str) -> tuple[str, ...]:
    """Return the columns that an expression reads, in the order of its text."""
    return parse(text, boolean=False).columns


def compile_boolean(text: str, view: View) -> nw.Expr:
    """Return a boolean engine expression, null where the answer is unknown.

    Raises ValueError naming the nearest column when one is missing, or the types that do not fit.
    """
    parsed = parse(text)
    value = compile_node(parsed.root, view)
    return require(value, {Type.BOOLEAN}, "a condition").expr & _each_row(parsed, view)


def compile_value(text: str, view: View) -> nw.Expr:
    """Return an engine expression of any type; raise ValueError as `compile_boolean` does."""
    parsed = parse(text, boolean=False)
    return nw.when(_each_row(parsed, view)).then(compile_node(parsed.root, view).expr)


def _each_row(parsed: Parsed, view: View) -> nw.Expr:
    """Return true for each row: it gives an answer the height of the table.

    Polars 2.1 answers `lit("a") == coalesce(col, lit("a"))` with one row where all are equal.
    """
    missing = column(view, parsed.columns[0]).expr.is_null()
    return missing | ~missing


# CASE, COALESCE and NULLIF have the type of their parts.
_QUESTIONS = frozenset({
    *("AND", "OR", "NOT", "IS NULL", "IS TRUE", "IS FALSE", "IN", "LIKE", "ILIKE"),
    *("=", "<>", "<", "<=", ">", ">=", "CASE", "COALESCE", "NULLIF"),
})  # fmt: skip

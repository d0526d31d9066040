"""The language of metrics: arithmetic between aggregates, each of an expression of the row.

It is not the language of conditions with more words: a condition never takes an aggregate, and
outside of its aggregates a metric takes nothing but numbers. The engine measures the aggregates;
the arithmetic between them is done here, on their few results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import narwhals.stable.v2 as nw
from sqlglot import exp

from dq_monitor.expression.compile import compile_node
from dq_monitor.expression.nodes import MAX_DEPTH, listed, translate, word
from dq_monitor.expression.syntax import bounded, check_size
from dq_monitor.expression.tree import Column, Constant, Formula, Node, Summary, Term, walk
from dq_monitor.expression.types import COMPARABLE, NUMBERS, Type, Value, column, require
from dq_monitor.model.view import View
from dq_monitor.registry import suggest

ROWS = "COUNT(*)"
COUNT = "COUNT"
DISTINCT = "COUNT(DISTINCT)"
MAX_AGGREGATES = 40

_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Avg: "AVG",
    exp.Max: "MAX",
    exp.Median: "MEDIAN",
    exp.Min: "MIN",
    exp.Stddev: "STDDEV",
    exp.StddevSamp: "STDDEV",
    exp.Sum: "SUM",
    exp.Variance: "VARIANCE",
}
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
AGGREGATES = (ROWS, DISTINCT, COUNT, *sorted(set(_AGGREGATES.values())))


@dataclass(frozen=True, slots=True)
class ParsedMetric:
    """A metric that may be compiled: its aggregates, each once, and the columns that they read."""

    text: str
    root: Term
    aggregates: tuple[Summary, ...]
    columns: tuple[str, ...]


@lru_cache(maxsize=1024)
def parse_metric(text: str) -> ParsedMetric:
    """Return what `text` says; raise ValueError with one line when it is refused."""
    root = bounded(text, _term)
    terms = list(_terms(root))
    found = tuple(dict.fromkeys(term for term in terms if isinstance(term, Summary)))
    if not found:
        known = ", ".join(AGGREGATES)
        raise ValueError(f"the metric asks nothing of the table: use one of {known}")
    if len(found) > MAX_AGGREGATES:
        raise ValueError(f"the metric has {len(found)} aggregates; {MAX_AGGREGATES} are allowed")
    args = [summary.arg for summary in found if summary.arg is not None]
    check_size(args, more=len(terms))
    names = (node.name for arg in args for node in walk(arg) if isinstance(node, Column))
    return ParsedMetric(text, root, found, tuple(dict.fromkeys(names)))


def compile_metric(text: str, view: View) -> Mapping[Summary, nw.Expr | None]:
    """Return for each aggregate the row expression that it reduces, None where it counts rows.

    All but those that are counted are floats. Raises ValueError as `compile_boolean` does.
    """
    return {
        summary: None if summary.arg is None else _reduced(summary, summary.arg, view)
        for summary in parse_metric(text).aggregates
    }


def evaluate(root: Term, results: Mapping[Summary, float | None]) -> float | None:
    """Return a metric's value; None where an aggregate has none, and for a division by zero."""
    if isinstance(root, Summary):
        return results[root]
    if not isinstance(root, Formula):
        return root
    args = [evaluate(arg, results) for arg in root.args]
    if root.op == "COALESCE":
        return next((arg for arg in args if arg is not None), None)
    known = [arg for arg in args if arg is not None]
    return _calculated(root.op, known) if len(known) == len(args) else None


def _calculated(op: str, args: list[float]) -> float | None:
    try:
        value = _OPERATIONS[op](args)
    except (OverflowError, ZeroDivisionError):
        return None
    return None if value is None or math.isnan(value) else value


_OPERATIONS: dict[str, Callable[[list[float]], float | None]] = {
    "+": lambda args: args[0] + args[1],
    "-": lambda args: args[0] - args[1],
    "*": lambda args: args[0] * args[1],
    "/": lambda args: args[0] / args[1],
    "negate": lambda args: -args[0],
    "ABS": lambda args: abs(args[0]),
    "NULLIF": lambda args: None if args[0] == args[1] else args[0],
}


def _reduced(summary: Summary, arg: Node, view: View) -> nw.Expr:
    value = compile_node(arg, view)
    reads = next(node.name for node in walk(arg) if isinstance(node, Column))
    if summary.op == COUNT:
        return _each_row(value, reads, view)
    if summary.op == DISTINCT:
        return _each_row(require(value, COMPARABLE, summary.op), reads, view)
    return _each_row(require(value, NUMBERS, summary.op), reads, view).cast(nw.Float64)


def _each_row(value: Value, reads: str, view: View) -> nw.Expr:
    """Return an expression that is sure to have the height of the table, see `compile_value`."""
    missing = column(view, reads).expr.is_null()
    expr = value.expr.cast(nw.Float64) if value.type is Type.NULL else value.expr
    return nw.when(missing | ~missing).then(expr)


def _terms(root: Term) -> Iterator[Term]:
    pending = [root]
    while pending:
        term = pending.pop()
        yield term
        if isinstance(term, Formula):
            pending.extend(reversed(term.args))


def _term(tree: exp.Expr, depth: int = 0) -> Term:
    """Return our tree for the parser's; raise ValueError naming what is not supported."""
    if depth > MAX_DEPTH:
        raise ValueError(f"the expression is nested more than {MAX_DEPTH} levels deep")
    kind = type(tree)
    if kind in _ARITHMETIC:
        sides = tuple(_term(tree.args[name], depth + 1) for name in ("this", "expression"))
        return Formula(_ARITHMETIC[kind], sides)
    if kind in _AGGREGATES:
        _only(tree)
        return _summary(_AGGREGATES[kind], tree.this)
    if kind in _OTHERS:
        return _OTHERS[kind](tree, depth + 1)
    raise ValueError(_refusal(tree))


def _count(tree: exp.Expr, _: int) -> Summary:
    _only(tree)
    counted = tree.this
    if isinstance(counted, exp.Star):
        return Summary(ROWS)
    if isinstance(counted, exp.Distinct):
        if counted.args.get("on") or len(counted.expressions) != 1:
            raise ValueError("COUNT(DISTINCT x) takes one expression")
        return _summary(DISTINCT, counted.expressions[0])
    return _summary(COUNT, counted)


def _summary(op: str, tree: exp.Expr) -> Summary:
    if isinstance(tree, exp.Distinct | exp.Star):
        raise ValueError(f"{op} takes one expression; DISTINCT and * are for COUNT")  # noqa: TRY004 - pydantic reads ValueError
    arg = translate(tree)
    if op == COUNT and isinstance(arg, Constant) and arg.value is not None:
        return Summary(ROWS)  # COUNT(1) is an old way to write it
    if not any(isinstance(node, Column) for node in walk(arg)):
        raise ValueError(f"{op} reads no column (text goes into single quotes)")
    return Summary(op, arg)


def _literal(tree: exp.Expr, _: int) -> float:
    found = translate(tree)
    if isinstance(found, Constant) and type(found.value) in {int, float}:
        return float(found.value)  # type: ignore[arg-type]  # just asked
    raise ValueError(f"{tree.this!r} is no number: a metric is arithmetic between aggregates")


def _of_all(op: str, *names: str) -> Callable[[exp.Expr, int], Term]:
    def read(tree: exp.Expr, depth: int) -> Formula:
        parts = [part for name in names for part in listed(tree.args.get(name))]
        if len(parts) < len(names):
            raise ValueError(f"{op} takes {len(names)} arguments")
        return Formula(op, tuple(_term(part, depth) for part in parts))

    return read


_OTHERS: dict[type[exp.Expr], Callable[[exp.Expr, int], Term]] = {
    exp.Abs: _of_all("ABS", "this"),
    exp.Coalesce: _of_all("COALESCE", "this", "expressions"),
    exp.Count: _count,
    exp.Literal: _literal,
    exp.Neg: _of_all("negate", "this"),
    exp.Nullif: _of_all("NULLIF", "this", "expression"),
    exp.Paren: lambda tree, depth: _term(tree.this, depth),
}


def _only(tree: exp.Expr) -> None:
    """Refuse an aggregate that says more than we read of it, such as a second argument."""
    extra = {name for name, value in tree.args.items() if value} - {"this", "big_int"}
    if extra or tree.this is None:
        raise ValueError(f"{word(tree)} takes one expression")


def _refusal(tree: exp.Expr) -> str:
    if isinstance(tree, exp.Column):
        name = str(tree.this.this) if isinstance(tree.this, exp.Identifier) else "*"
        return (
            f"column {name!r} stands outside an aggregate: take its AVG, SUM, MIN or MAX, "
            "or ask each row with `expression`"
        )
    if isinstance(tree, exp.Query | exp.Exists):
        return "sub-queries are not supported"
    name = word(tree)
    if isinstance(tree, exp.Func):
        return f"function {name} is not supported in a metric; {suggest(name, AGGREGATES)}"
    return f"{name} is not supported between aggregates, which add, subtract, multiply and divide"

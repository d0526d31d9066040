"""Compiles rules into portable expressions: one boolean a row rule, shared parts hoisted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import narwhals.stable.v2 as nw

from dq_monitor import expression
from dq_monitor.model.check import (
    Aggregate,
    Kind,
    Merge,
    QueryCheck,
    ReducibleCheck,
    RowCheck,
    SetCheck,
    Stored,
    TableCheck,
)
from dq_monitor.model.rule import Nulls, OnFail, Rule, Scope
from dq_monitor.model.view import Parts, View
from dq_monitor.registry import suggest

ANSWER = "_dq_answer_"
NO_SEGMENTS = (nw.List, nw.Array, nw.Struct, nw.Object, nw.Binary, nw.Duration, nw.Time)


@dataclass(frozen=True, slots=True)
class RowQuestion:
    """A row rule, compiled. `answer` is true, false, or null where it is not asked or unknown."""

    rule: Rule
    column: str
    answer: nw.Expr


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """A set rule, compiled. `asked` says which rows take part (all when None)."""

    rule: Rule
    check: SetCheck
    asked: nw.Expr | None

    @property
    def only_repeats(self) -> bool:
        """Say whether a key can fail only by occurring more than once, null keys left aside."""
        return self.check.only_repeats and self.rule.nulls is Nulls.SKIP


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """A table rule, compiled: its state's parts, each under a column name of its own."""

    rule: Rule
    check: TableCheck
    asked: nw.Expr | None
    parts: Mapping[str, Aggregate]
    columns: Mapping[str, str]

    @property
    def mergeable(self) -> bool:
        """Say whether states of two parts of a table make the state of the whole."""
        return all(part.merge is not Merge.NONE for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class QueryQuestion:
    """A table rule that is a query of its own, compiled. `asked` says which rows take part."""

    rule: Rule
    check: QueryCheck
    asked: nw.Expr | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be computed for a pack's rules over one schema.

    `errors` holds, by rule id, why a rule cannot be asked of this schema. Row and table questions
    read the shared `parts`, which an engine adds to the rows first; set and query questions and
    every `asked` read the rows as they are.
    """

    view: View
    rows: tuple[RowQuestion, ...] = ()
    sets: tuple[SetQuestion, ...] = ()
    tables: tuple[TableQuestion, ...] = ()
    queries: tuple[QueryQuestion, ...] = ()
    histories: tuple[Rule, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    parts: Parts | None = None

    def removing(self, *kinds: OnFail) -> tuple[RowQuestion, ...]:
        """Return the row questions whose failing rows leave the batch in one of these ways."""
        return tuple(q for q in self.rows if q.rule.on_fail in kinds)

    def asked_of_rows(self) -> tuple[str, ...]:
        """Return the rules that one pass over the rows answers."""
        rules = [q.rule for q in self.rows] + [q.rule for q in self.tables]
        return tuple(rule.id for rule in rules)

    def against_stored(self) -> tuple[SetQuestion, ...]:
        """Return the set questions that hold the keys of a batch against the stored rows' too."""
        own = (q for q in self.sets if q.check.reference() is None)
        return tuple(q for q in own if q.check.stored is not Stored.NONE)

    def of_whole_table(self) -> tuple[TableQuestion, ...]:
        """Return the table questions that are asked of all that the table will hold."""
        return tuple(q for q in self.tables if q.rule.scope is Scope.TABLE and q.parts)


def compile_rules(rules: Sequence[Rule], plain: View, *, share: bool = False) -> Plan:
    """Compile `rules` for a frame of the view's schema; a rule that cannot be becomes an error.

    With `share`, what several rules compute becomes a part that is computed once.
    """
    if not share:
        return _compile(rules, plain, plain)
    asked_for = Parts()
    _compile(rules, plain, replace(plain, parts=asked_for))
    return _compile(rules, plain, replace(plain, parts=Parts(wanted=asked_for.shared)))


def _compile(rules: Sequence[Rule], plain: View, view: View) -> Plan:
    rows: list[RowQuestion] = []
    sets: list[SetQuestion] = []
    tables: list[TableQuestion] = []
    queries: list[QueryQuestion] = []
    histories: list[Rule] = []
    errors: dict[str, str] = {}
    for number, rule in enumerate(rules):
        try:
            _require_columns(rule, view)
            _require_segments(rule, view)
            if rule.kind is Kind.ROW:
                rows.append(_row(rule, view, number))
            elif rule.kind is Kind.SET:
                sets.append(SetQuestion(rule, cast("SetCheck", rule.check), _asked(rule, plain)))
            elif isinstance(rule.check, QueryCheck) and not _reduces(rule.check, plain):
                queries.append(QueryQuestion(rule, rule.check, _asked(rule, plain)))
            elif rule.kind is Kind.TABLE:
                tables.append(_table(rule, view, plain, number))
            else:
                histories.append(rule)
        except (ValueError, TypeError) as error:
            errors[rule.id] = str(error)
    return Plan(
        view=plain,
        rows=tuple(rows),
        sets=tuple(sets),
        tables=tuple(tables),
        queries=tuple(queries),
        histories=tuple(histories),
        errors=errors,
        parts=view.parts,
    )


def reads(rule: Rule) -> frozenset[str]:
    """Return every column that decides a rule's answers, those of its `where` and `by` too."""
    return asks(rule) | frozenset(rule.by)


def asks(rule: Rule) -> frozenset[str]:
    """Return every column that decides what a row or a key answers: all but those of `by`."""
    return frozenset((*rule.columns, *(expression.columns(rule.where) if rule.where else ())))


def _reduces(check: QueryCheck, view: View) -> bool:
    return isinstance(check, ReducibleCheck) and check.reduces(view)


def _require_columns(rule: Rule, view: View) -> None:
    for column in rule.columns:
        if column not in view.schema:
            raise ValueError(f"there is no column {column!r}: {suggest(column, view.schema)}")


def _require_segments(rule: Rule, view: View) -> None:
    for name in rule.by:
        if name not in view.schema:
            raise ValueError(f"by: there is no column {name!r}: {suggest(name, view.schema)}")
        if isinstance(view.schema[name], NO_SEGMENTS) or _is_finer_than_clocks(view.schema[name]):
            raise ValueError(
                f"by: column {name!r} is {view.schema[name]}, and segments are named by texts, "
                "numbers, booleans or dates: name another column"
            )


def _is_finer_than_clocks(dtype: nw.dtypes.DType) -> bool:
    """Say whether two values of a type may have the same name: Python's clock ends at 1 us."""
    return isinstance(dtype, nw.Datetime) and dtype.time_unit == "ns"


def _asked(rule: Rule, view: View) -> nw.Expr | None:
    return expression.compile_boolean(rule.where, view) if rule.where else None


def _row(rule: Rule, view: View, number: int) -> RowQuestion:
    answer = cast("RowCheck", rule.check).passes(view)
    if rule.nulls is not Nulls.SKIP:
        answer = answer.fill_null(rule.nulls is Nulls.PASS)
    asked = _asked(rule, view)
    if asked is not None:
        answer = nw.when(view.share(f"where:{rule.where}", asked, of_part=True)).then(answer)
    return RowQuestion(rule, f"{ANSWER}{number}", answer)


def _table(rule: Rule, view: View, plain: View, number: int) -> TableQuestion:
    check = cast("TableCheck", rule.check)
    parts = check.aggregates(view)
    if rule.by and not parts:
        raise ValueError(f"by: {rule.name} asks no rows, so it has no segments: remove it")
    columns = {name: f"{ANSWER}{number}_{name}" for name in parts}
    return TableQuestion(rule, check, _asked(rule, plain), parts, columns)

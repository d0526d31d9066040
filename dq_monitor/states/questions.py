"""Which questions of a plan have answers that last, and the fingerprint of what each asks."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, TypeGuard

import polars as pl

from dq_monitor.engines.plan import Plan, SetQuestion, compile_rules, reads
from dq_monitor.engines.rule_states import Question
from dq_monitor.model.rule import Rule
from dq_monitor.model.view import View

# Raise it whenever a check comes to another answer, or a state to another form.
FORM = 1
# What decides when a rule trips, and what people read, changes nothing about what it measures.
MEASURED = ("check", "where", "nulls", "by")
# Code of other packages may change under the same name.
FOREIGN = {"Python", "PanderaRows", "PanderaTable"}


@dataclass(frozen=True, slots=True)
class Lasting:
    """The questions of a plan by how their answers last; `keys` holds fingerprints by rule id.

    `parts` are the row and table questions that are asked of each file once; `looked_up` the keys
    that are held against another table, file by file; `indexed` those that must not repeat. `rest`
    is the plan of what is asked of the whole table each time.
    """

    keys: Mapping[str, str]
    parts: tuple[Question, ...]
    looked_up: tuple[SetQuestion, ...]
    indexed: tuple[SetQuestion, ...]
    rest: Plan


def lasting(plan: Plan, references: Mapping[str, str | None]) -> Lasting:
    """Part the questions of a plan; `references` are digests of the tables that rules refer to.

    One that is None cannot be told from its next version, and what is held against it is asked
    anew.
    """
    view = plan.view
    rows = [q for q in plan.rows if _lasts(q.rule, view)]
    tables = [q for q in plan.tables if q.parts and q.mergeable and _lasts(q.rule, view)]
    sets = [q for q in plan.sets if not q.rule.by and not _is_foreign(q.rule.check)]
    looked_up = [q for q in sets if _reference(q, references)]
    indexed = [q for q in sets if q.only_repeats and q.check.reference() is None]
    kept: tuple[Question | SetQuestion, ...] = (*rows, *tables, *looked_up, *indexed)
    ids = {q.rule.id for q in kept}
    elsewhere = {q.rule.id for q in looked_up}
    keys = {
        q.rule.id: fingerprint(
            q.rule, view, _reference(q, references) if q.rule.id in elsewhere else ""
        )
        for q in kept
    }
    rest = replace(
        plan,
        rows=tuple(q for q in plan.rows if q.rule.id not in ids),
        tables=tuple(q for q in plan.tables if q.rule.id not in ids),
        sets=tuple(q for q in plan.sets if q.rule.id not in ids),
    )
    return Lasting(keys, (*rows, *tables), tuple(looked_up), tuple(indexed), rest)


def fingerprint(rule: Rule, view: View, against: str | None = "") -> str:
    """Return the digest of all that decides what a rule measures in a file."""
    asked = [
        *(FORM, pl.__version__, platform.machine(), view.timezone, against),
        [_plain(getattr(rule, name)) for name in MEASURED],
        [[name, str(view.schema[name])] for name in sorted(reads(rule)) if name in view.schema],
    ]
    return hashlib.blake2b(json.dumps(asked).encode(), digest_size=16).hexdigest()


def reads_clock(rule: Rule, view: View) -> bool:
    """Say whether a rule's expressions depend on the time by which it judges."""
    asked: list[bool] = []

    class Watched(View):
        """A view that notes when it is asked for the time."""

        @property
        def now(self) -> datetime:
            asked.append(True)
            return view.now

        @now.setter
        def now(self, value: datetime) -> None:
            """Take what the constructor sets: it is the same."""

    given = {f.name: getattr(view, f.name) for f in fields(view)}
    compile_rules([rule], Watched(**{**given, "parts": None}))
    return bool(asked)


def _lasts(rule: Rule, view: View) -> bool:
    return not _is_foreign(rule.check) and not reads_clock(rule, view)


def _reference(
    question: SetQuestion | Question, references: Mapping[str, str | None]
) -> str | None:
    reference = question.rule.reference
    return references.get(reference.table) if reference else None


def _is_foreign(check: object) -> bool:
    return any(type(one).__name__ in FOREIGN for one in _within(check))


def _within(value: object) -> Iterator[object]:
    """Yield every value of which a check is made, the checks within it among them."""
    yield value
    if _is_value(value):
        for f in fields(value):
            yield from _within(getattr(value, f.name))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _within(part)
    elif isinstance(value, list | tuple | Set):
        for part in value:
            yield from _within(part)


def _is_value(value: object) -> TypeGuard[Any]:
    return is_dataclass(value) and not isinstance(value, type)


def _plain(value: Any) -> Any:
    """Return JSON in which values of two types, or checks of two names, are never the same."""
    if _is_value(value):
        given = {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.compare}
        return [type(value).__name__, given]
    if isinstance(value, Mapping):
        return {"": sorted(([_plain(k), _plain(v)] for k, v in value.items()), key=repr)}
    if isinstance(value, Set):
        return {"set": sorted((_plain(part) for part in value), key=repr)}
    if isinstance(value, list | tuple):
        return ["", *map(_plain, value)]
    if value is None or type(value) in {str, bool, int}:
        return value
    return [type(value).__name__, repr(value)]

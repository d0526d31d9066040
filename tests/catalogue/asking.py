"""Asks a rule of a case's frames, as the loader and the engines do."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from dq_monitor.engines.answers import answer
from dq_monitor.engines.plan import compile_rules
from dq_monitor.engines.sets import Held, ask_keys
from dq_monitor.model.check import Kind, Stored
from dq_monitor.model.rule import Nulls, OnFail, Rule
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View
from dq_monitor.packs import parse_pack
from dq_monitor.packs.catalog import catalog
from dq_monitor.registry import plugs
from tests.catalogue.case import ERROR, NOW, ZONE, Case, Names, Rows, unknown

NOT_CASES = {"case", "asking"}
# A history check is asked about stored metrics, not about rows: it has tests of its own.
ODD = ["a", "my col", "ü", "a.b", "^x", "len", "literal", 'say "x"', "CASE", "{}"]


def cases() -> dict[str, Case]:
    """Return all cases by `check: case`."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    names = [file.stem for file in files if file.stem not in NOT_CASES]
    return {
        f"{name}: {label}": case
        for name in names
        for label, case in import_module(f"tests.catalogue.{name}").CASES.items()
    }


def chosen() -> dict[str, Case]:
    """Return one case of each check for a quick run; all where `DQM_CASES` says so."""
    found = cases()
    if os.environ.get("DQM_CASES") == "all":
        return found
    first = {label.partition(":")[0]: label for label in reversed(found)}
    return {label: found[label] for label in sorted(first.values())}


def without_cases() -> list[str]:
    """Return the checks that nobody holds against an oracle."""
    known = {label.partition(":")[0] for label in cases()}
    return [
        name
        for name, check in plugs("dq_monitor.checks").items()
        if name not in known and getattr(check, "kind", None) is not Kind.HISTORY
    ]


def rule_of(case: Case, names: Names) -> Rule:
    """Return the case's rule as the loader makes it; no row leaves because of it."""
    entry = dict(case.rule(names))
    known = catalog()
    check = next(known[key] for key in entry if key in known)
    if check.needs_threshold and "warn" not in entry:
        entry["warn"] = {"over": "1h"} if "Age" in check.options.__name__ else {"over": 0}
    return _read(json.dumps({"table": "t", "rules": [entry]}))


@lru_cache(maxsize=4096)
def _read(text: str) -> Rule:
    return replace(parse_pack(text, "case.yaml").rules[0], on_fail=OnFail.KEEP)


def view_of(frame: pl.DataFrame) -> View:
    """Return what a check sees of a frame."""
    return View(nw.from_native(frame.lazy()).collect_schema(), NOW, ZONE)


def row_answers(frame: pl.DataFrame, rule: Rule) -> list[bool | None]:
    """Return what a row rule answers each row on Polars."""
    plan = compile_rules([rule], view_of(frame), share=True)
    assert not plan.errors, plan.errors
    asked = answer(frame.lazy(), plan).collect(engine="streaming")[plan.rows[0].column]
    assert asked.dtype == pl.Boolean
    return asked.to_list()


def key_answers(
    frame: pl.DataFrame,
    rule: Rule,
    references: Mapping[str, pl.LazyFrame],
    stored: pl.LazyFrame | None,
) -> list[bool | None]:
    """Return what a set rule answers each row on Polars, by the keys that it says fail."""
    (question,) = compile_rules([rule], view_of(frame)).sets
    reference = question.check.reference()
    others = references.get(reference.table) if reference else stored
    held = Held(question, None if question.check.stored is Stored.NONE else others)
    (answer,) = ask_keys(frame.lazy(), [held], view_of(frame), {}).values()
    assert answer.seen.error is None, answer.seen.error
    failing: set[Any] = set()
    if answer.failing is not None:
        assert answer.failing.columns == list(rule.columns)
        assert answer.failing.is_unique().all()
        failing = set(answer.failing.iter_rows())
    keys = frame.select(rule.columns).rows()
    of_null = {Nulls.SKIP: None, Nulls.FAIL: False, Nulls.PASS: True}[rule.nulls]
    return [of_null if any(map(unknown, key)) else key not in failing for key in keys]


def expect(case: Case, rows: Rows, others: Rows, seen: Observation) -> None:
    """Hold what an engine measured against the oracle."""
    expected: Any = case.oracle(rows, others)
    if expected is ERROR:
        assert seen.error is not None
        return
    assert seen.error is None, seen.error
    if expected is None:
        assert seen.value is None
    elif isinstance(expected, list):
        assert (seen.failing, seen.passing) == (expected.count(False), expected.count(True))
    else:
        assert seen.value == pytest.approx(expected, rel=1e-6, abs=1e-9)


def rows_of(frame: pl.DataFrame) -> Rows:
    """Return a frame's rows as mappings."""
    return frame.to_dicts()


def renamed(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Return the frame with its columns under the names that a test drew."""
    return frame.rename({name: names[name] for name in frame.columns})

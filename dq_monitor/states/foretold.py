"""What the log's statistics say of a file by themselves, so that no row of it is read.

A rule is asked of a few values that stand for all of a file's: its smallest, its largest, and none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from dq_monitor.engines.answers import answer
from dq_monitor.engines.passes import scan_once
from dq_monitor.engines.plan import Plan, RowQuestion, TableQuestion, compile_rules
from dq_monitor.engines.polars import Failure
from dq_monitor.engines.rule_states import Question, RuleState, states_of
from dq_monitor.model.rule import OnFail, Rule
from dq_monitor.model.statistics import Statistics
from dq_monitor.model.view import View
from dq_monitor.states.cover import Cover
from dq_monitor.states.stored import Stored
from dq_monitor.tables.additions import additions

# A null of these is all that can be missing: of floats NaN is too, and the log does not count it.
SAMPLES = {pl.String: "", pl.Boolean: False, pl.Date: 0, pl.Datetime: 0, pl.Binary: b""}
VALUE = "value"
NOTHING: tuple[RuleState, frozenset[str]] = (RuleState(), frozenset())


def foretell(
    stored: Stored, questions: Mapping[str, Question], known: Mapping[str, Cover], view: View
) -> dict[str, Cover]:
    """Return what is known of each question, with what the log says of the files left."""
    asked = {n for n, cover in known.items() if cover.missing and _is_plain(questions[n])}
    if not asked:
        return dict(known)
    paths = {file.stored.path: file.id for file in stored.files}
    log = additions(stored.snapshot.handle).with_columns(id=pl.col("path").replace_strict(paths))
    return {
        name: _with(cover, questions[name], stored, log, view) if name in asked else cover
        for name, cover in known.items()
    }


def _is_plain(question: Question) -> bool:
    """Say whether a question is asked of all rows, by one column or none."""
    rule = question.rule
    return rule.where is None and not rule.by and len(rule.columns) <= 1


def _with(cover: Cover, question: Question, stored: Stored, log: pl.DataFrame, view: View) -> Cover:
    try:
        files = _statistics(question, stored, log.filter(pl.col("id").is_in(cover.missing)))
        state, told = NOTHING if files is None else _tell(question, files, view)
    except Failure:
        return cover  # what others wrote into the log, or a rule that breaks: the rows are asked
    left = tuple(name for name in cover.missing if name not in told)
    return Cover((*cover.states, state), left) if told else cover


def _statistics(question: Question, stored: Stored, log: pl.DataFrame) -> pl.DataFrame | None:
    """Return `rows`, `nulls`, `low` and `high` of each file as far as they are exact.

    None for a column of which the log says nothing that is.
    """
    names, rows = question.rule.columns, pl.col("num_records").alias("rows")
    if "num_records" not in log.columns:
        return None
    if not names:
        nothing = pl.lit(None, pl.Boolean)
        return log.select("id", rows, nulls=pl.lit(0), low=nothing, high=nothing)
    dtype = stored.snapshot.schema.get(names[0])
    if dtype is None or not (dtype.is_integer() or dtype.base_type() in SAMPLES):
        return None
    if f"partition.{names[0]}" in log.columns:
        value = pl.col(f"partition.{names[0]}").cast(dtype)
        nulls = pl.when(value.is_null()).then(rows).otherwise(0)
        return log.select("id", rows, nulls=nulls, low=value, high=value)
    # A point may stand for a field within a struct.
    if "." in names[0] or f"null_count.{names[0]}" not in log.columns:
        return None
    nulls = pl.col(f"null_count.{names[0]}")
    ends = {"low": f"min.{names[0]}", "high": f"max.{names[0]}"}
    exact = (dtype.is_integer() or dtype == pl.Date) and set(ends.values()) <= set(log.columns)
    bounds = {n: pl.col(end) if exact else pl.lit(None) for n, end in ends.items()}
    return log.select("id", rows, nulls=nulls, **{n: e.cast(dtype) for n, e in bounds.items()})


def _tell(question: Question, files: pl.DataFrame, view: View) -> tuple[RuleState, frozenset[str]]:
    """Return what a question finds in all files of which it can be told, and which these are."""
    by = question.rule.check.foretold_by
    if by is Statistics.COUNTS:
        any_value = _sample(files.schema["low"])
        files = files.with_columns(low=any_value, high=any_value)
    files = files.with_columns(filled=pl.col("rows") - pl.col("nulls")).drop_nulls("filled")
    files = files.filter((pl.col("filled") == 0) | (pl.col("low") <= pl.col("high")))
    if isinstance(question, RowQuestion):
        return _tell_rows(question, files, view)
    if by is Statistics.NONE or files.is_empty():
        return NOTHING
    tell = _tell_counts if by is Statistics.COUNTS else _tell_extremes
    return RuleState(parts=tell(question, files, view)), frozenset(files["id"])


def _tell_rows(
    question: RowQuestion, files: pl.DataFrame, view: View
) -> tuple[RuleState, frozenset[str]]:
    """Sum up the answers: of values between two that pass, or of all where there is but one."""
    ends = pl.concat([files["low"], files["high"], files["low"].clear(1)]).unique()
    says = _answers(question.rule, ends, view)
    between = question.rule.check.foretold_by is Statistics.EXTREMES
    failing = passing = 0
    told = set()
    for file in files.iter_rows(named=True):
        low, high = file["low"], file["high"]
        if file["filled"] and low != high and not (between and says[low] and says[high]):
            continue
        told.add(file["id"])
        for rows, said in ((file["filled"], says[low]), (file["nulls"], says[None])):
            passing += rows if said is True else 0
            failing += rows if said is False else 0
    return RuleState(failing, passing), frozenset(told)


def _tell_counts(question: TableQuestion, files: pl.DataFrame, view: View) -> dict[str, int]:
    """Add up a state that is as many times that of one row as there are such rows."""
    filled, nulls = int(files["filled"].sum()), int(files["nulls"].sum())
    value, null = (
        _parts(question.rule, one, view) for one in (files["low"][:1], files["low"].clear(1))
    )
    return {name: filled * value[name] + nulls * null[name] for name in question.parts}


def _tell_extremes(
    question: TableQuestion, files: pl.DataFrame, view: View
) -> Mapping[str, object]:
    """Measure the smallest and the largest values: they are those of all."""
    some = files.filter(pl.col("filled") > 0)
    return _parts(question.rule, pl.concat([some["low"], some["high"]]), view)


def _answers(rule: Rule, values: pl.Series, view: View) -> dict[object, bool | None]:
    plan, frame = _asking(rule, values, view)
    (question,) = plan.rows
    said = answer(frame, plan).select(pl.first(), pl.col(question.column)).collect()
    return dict(said.iter_rows())


def _parts(rule: Rule, values: pl.Series, view: View) -> Mapping[str, Any]:
    plan, frame = _asking(rule, values, view)
    return states_of(plan, scan_once(frame, plan))[rule.id].parts


def _asking(rule: Rule, values: pl.Series, view: View) -> tuple[Plan, pl.LazyFrame]:
    """Return the rule by itself, and a frame of nothing but the values."""
    plan = compile_rules([replace(rule, on_fail=OnFail.KEEP)], view, share=True)
    (name,) = rule.columns or (VALUE,)
    return plan, values.alias(name).to_frame().lazy()


def _sample(dtype: pl.DataType) -> pl.Expr:
    return pl.lit(SAMPLES.get(dtype.base_type(), 0)).cast(dtype)

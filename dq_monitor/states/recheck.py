"""Asks a stored table its rules, and of files that were asked before only what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dq_monitor.engines import polars as engine
from dq_monitor.engines.passes import Pass, scan_columns
from dq_monitor.engines.plan import Plan, SetQuestion, compile_rules
from dq_monitor.engines.rule_states import RuleState, pass_of, rows_only
from dq_monitor.engines.sets import Held, KeyAnswer, ask_keys
from dq_monitor.model.rule import OnFail, Rule
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View
from dq_monitor.states.files import rows_in
from dq_monitor.states.keys import KEYS_FAIL, Keys
from dq_monitor.states.measure import Measured, look_up, measure
from dq_monitor.states.memory import Memory
from dq_monitor.states.questions import Lasting, fingerprint, lasting
from dq_monitor.states.stored import Stored


@dataclass(frozen=True, slots=True)
class Reading:
    """What a check cost: of how many files it read anything, and how many it knew already.

    `asked_anew` are the rules that were asked of all rows, because their answers do not add up or
    do not last.
    """

    files_read: int
    files_remembered: int
    asked_anew: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What every rule measured of a table."""

    observations: tuple[Observation, ...]
    rows: int | None
    reading: Reading


def recheck(stored: Stored, rules: Sequence[Rule], view: View, memory: Memory) -> Rechecked:
    """Ask every rule of all rows of a version; nothing is written but to `memory`.

    The answers are those of `engines.polars.evaluate`. A file that was asked before is not read
    again for what lasts: row rules, table rules whose states add up, keys that must not repeat, and
    keys that must exist in a table that has not changed since. `rows` is None where the log does
    not say how many there are.
    """
    plan = compile_rules([replace(rule, on_fail=OnFail.KEEP) for rule in rules], view, share=True)
    asked = lasting(plan, stored.digests)
    parts = measure(stored, plan, asked, memory)
    looked_up = look_up(stored, plan, asked, memory)
    indexed, new = _indexed(stored, plan, asked, memory)
    rest = _rest(asked, {**looked_up.states, **indexed})
    frame = stored.snapshot.scan()
    healthy, seen = _whole(frame_of=stored, plan=rest)
    answers = {
        **{rule_id: _answer(rule_id, state) for rule_id, state in looked_up.states.items()},
        **{rule_id: KeyAnswer(seen) for rule_id, seen in indexed.items()},
        **ask_keys(
            frame,
            [Held(q, engine.others(q, stored.references, None)) for q in rest.sets],
            view,
            seen.hashes,
        ),
    }
    errors = {**plan.errors, **parts.errors, **healthy.errors}
    sound = _without(plan, errors)
    observations = engine.concluded(
        frame,
        sound,
        _both(pass_of(_lasting_part(sound, parts), 0, parts.states), seen),
        answers,
        stored.references,
    )
    anew = _ids(rest)
    read = parts.read | looked_up.read | new
    files = len(stored.files)
    return Rechecked(
        observations,
        rows_in(stored.files),
        Reading(files if anew else len(read), 0 if anew else files - len(read), anew),
    )


def sweep(stored: Stored, rules: Sequence[Rule], view: View, memory: Memory) -> None:
    """Drop what is kept of files that are not in this version, and of other rules than these."""
    against = stored.digests
    asked = {
        fingerprint(rule, view, against.get(rule.reference.table) if rule.reference else "")
        for rule in rules
    }
    memory.forget(stored.snapshot.uri, {file.id for file in stored.files}, asked)


def _indexed(
    stored: Stored, plan: Plan, asked: Lasting, memory: Memory
) -> tuple[dict[str, Observation], frozenset[str]]:
    """Return what the indexes say of keys that must not repeat, and the files that they read."""
    found: dict[str, Observation] = {}
    read: set[str] = set()
    for question in asked.indexed:
        if not Keys.fits(stored.files):
            continue
        key = asked.keys[question.rule.id]
        keys = memory.keys(stored.snapshot.uri, key, question, plan.view)
        try:
            index, new = keys.current(stored.snapshot, stored.files)
        except KEYS_FAIL:
            continue  # asked of the whole table, which says what is wrong
        if not index.gave_up:
            found[question.rule.id] = keys.observe(index)
            read |= new
    return found, frozenset(read)


def _rest(asked: Lasting, answered: Mapping[str, object]) -> Plan:
    """Return what is asked of the whole table, with the keys that have no answer yet."""
    sets: list[SetQuestion] = [*asked.looked_up, *asked.indexed]
    left = tuple(q for q in sets if q.rule.id not in answered)
    return replace(asked.rest, sets=(*asked.rest.sets, *left))


def _whole(frame_of: Stored, plan: Plan) -> tuple[Plan, Pass]:
    """Ask the row and table rules whose answers do not last."""
    frame = frame_of.snapshot.scan()
    if any(q.parts for q in plan.tables) or plan.rows or any(q.only_repeats for q in plan.sets):
        return engine.sound(frame, plan, lambda one: scan_columns(frame, one))
    return plan, pass_of(rows_only(plan), 0, {q.rule.id: RuleState() for q in plan.tables})


def _answer(rule_id: str, state: RuleState) -> KeyAnswer:
    return KeyAnswer(Observation(rule_id, failing=state.failing, passing=state.passing))


def _without(plan: Plan, errors: Mapping[str, str]) -> Plan:
    return replace(
        plan,
        rows=tuple(q for q in plan.rows if q.rule.id not in errors),
        tables=tuple(q for q in plan.tables if q.rule.id not in errors),
        errors=errors,
    )


def _lasting_part(plan: Plan, parts: Measured) -> Plan:
    known = parts.states
    return replace(
        rows_only(plan),
        rows=tuple(q for q in plan.rows if q.rule.id in known),
        tables=tuple(q for q in plan.tables if q.rule.id in known),
    )


def _both(one: Pass, other: Pass) -> Pass:
    return replace(
        one,
        failing={**one.failing, **other.failing},
        passing={**one.passing, **other.passing},
        states={**one.states, **other.states},
        batch_states={**one.batch_states, **other.batch_states},
        groups={**one.groups, **other.groups},
        kept_groups={**one.kept_groups, **other.kept_groups},
    )


def _ids(rest: Plan) -> tuple[str, ...]:
    tables = [q for q in rest.tables if q.parts]
    rows, keys, queries = (
        [q.rule.id for q in questions] for questions in (rest.rows, rest.sets, rest.queries)
    )
    return (*rows, *(q.rule.id for q in tables), *keys, *queries)

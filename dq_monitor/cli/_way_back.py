"""How a rollback is told: as an object, and the same in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dq_monitor.gate.undoing import Plan
from dq_monitor.message import plain
from dq_monitor.pipeline.result import RunResult
from dq_monitor.tables.timeline import Maker, Version
from dq_monitor.way_back.descent import Made
from dq_monitor.way_back.rerun import Rerun


def plain_plan(
    plan: Plan,
    made: int | None,
    built: Sequence[Made],
    rerun: Rerun | None,
    results: Sequence[RunResult],
) -> Mapping[str, Any]:
    """Return what was done, or would be: `version` is null while nothing was."""
    aim = plan.rollback
    return {
        "table": aim.table,
        "from": aim.base,
        "to": aim.target,
        "version": made,
        "undone": [_version(one) for one in plan.undone],
        "redone": [_version(one) for one in plan.redone],
        "built_from_undone": [
            {"table": one.table, "version": one.version, "write_id": one.write_id} for one in built
        ],
        "rolled_back_too": [
            {"table": one.table, "to": one.target} for one in (rerun.rollbacks if rerun else ())
        ],
        "run_again": [
            {"key": one.key, "steps": list(one.steps)} for one in (rerun.batches if rerun else ())
        ],
        "results": [
            {"key": result.run.key, "step": step.step, "state": step.state.value}
            for result in results
            for step in result.steps
        ],
    }


def in_words(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that say what `plain_plan` returned."""
    table, made = plain(told["table"]), told["version"]
    if told["undone"] or told["redone"]:
        did = "would become" if made is None else f"is now version {made},"
        yield f"{table} {did} what it was as version {told['to']}"
    else:
        rest = "" if told["run_again"] else ": nothing to do"
        yield f"{table} is already as it was in version {told['to']}{rest}"
    for word, name in (("undone", "undone"), ("back again", "redone")):
        for one in told[name]:
            yield f"  {word}: version {one['version']} ({_how(one)})"
    for one in told["built_from_undone"]:
        which = f"version {one['version']} ({plain(one['write_id'][:8])})"
        yield f"  built from what is undone: {plain(one['table'])}, {which}"
    for one in told["rolled_back_too"]:
        yield f"  goes back too: {plain(one['table'])}, to version {one['to']}"
    for one in told["run_again"]:
        yield f"  run again: {plain(one['key'])} ({', '.join(map(plain, one['steps']))})"
    for one in told["results"]:
        yield f"  {plain(one['key'])}: {plain(one['step'])} {one['state']}"


def _how(one: Mapping[str, Any]) -> str:
    made = plain(one["write_id"][:8])
    return plain(one["mode"]) + (
        f" {made}" if made else ", past the gate" if one["outside"] else ""
    )


def _version(one: Version) -> Mapping[str, Any]:
    return {
        "version": one.number,
        "mode": one.mode,
        "write_id": one.write_id,
        "outside": one.maker is Maker.OUTSIDE,
    }

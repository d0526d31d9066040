"""On which terms rows come back from quarantine: pure readings of a release."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dq_monitor.model.check import Kind
from dq_monitor.model.event import Event, WriteJudged, WriteStarted
from dq_monitor.model.pack import GatePolicy, Pack
from dq_monitor.model.quarantine import HeldRows, Release, ReleaseKind
from dq_monitor.model.rule import Limit, OnFail, Rule, Scope, Threshold

ANY_ROW = Threshold(over=Limit(0))


def terms(pack: Pack, release: Release | None) -> Pack:
    """Return the pack that a write is judged by: its own rules, or those of a release.

    Waived rows are asked nothing: somebody answers for them. Rows that are replayed were judged row
    by row before they are written, so one that fails now means that the table has changed since:
    then none goes in. What is asked of a batch is not asked of these, which are no batch; a
    rejected one that comes again as a whole is.
    """
    if release is None:
        return pack
    if release.kind is ReleaseKind.WAIVE:
        return replace(pack, rules=(), gate=GatePolicy())
    if release.whole:
        return pack
    return replace(pack, rules=tuple(map(_all_or_none, of_rows(pack))), gate=GatePolicy())


def of_rows(pack: Pack) -> Sequence[Rule]:
    """Return the rules that hold whichever rows come: those of rows and keys, and of the table."""
    return [
        rule
        for rule in pack.rules
        if rule.kind in {Kind.ROW, Kind.SET}
        or (rule.kind is Kind.TABLE and rule.scope is Scope.TABLE)
    ]


def _all_or_none(rule: Rule) -> Rule:
    if rule.kind is Kind.TABLE or rule.on_fail is OnFail.KEEP:
        return rule
    return replace(rule, on_fail=OnFail.BLOCK, error=ANY_ROW)


def partial(release: Release | None) -> Release | None:
    """Return the release of single rows that a write makes; None for a batch, also a released one.

    Such a write is no news of its table: nothing is measured by it, and nobody is alerted.
    """
    return None if release is None or release.whole else release


def partial_of(events: Sequence[Event]) -> Release | None:
    """Return the release of single rows that the facts of a write tell of."""
    told = (one.origin for one in events if isinstance(one, WriteStarted | WriteJudged))
    first = next(told, None)
    return partial(first.release) if first else None


def release_words(release: Release | None) -> dict[str, str]:
    """Return what the Delta log keeps of a release: enough to mark its rows without the store."""
    if release is None:
        return {}
    words = {"dq.release": release.kind.value, "dq.release_of": release.of}
    held = json.dumps({one.rule: one.rows for one in release.held})
    more = {
        "dq.release_by": release.by,
        "dq.release_why": release.why,
        "dq.release_held": held,
        "dq.release_rows": release.rows,
    }
    return words | {key: word for key, word in more.items() if word}


def release_in(entry: Mapping[str, object]) -> Release | None:
    """Return the release of single rows that a commit of the Delta log tells of."""
    if not entry.get("dq.release_rows"):
        return None
    word = {key: str(value) for key, value in entry.items()}
    held = json.loads(word.get("dq.release_held", "{}"))
    return Release(
        ReleaseKind(word["dq.release"]),
        word["dq.release_of"],
        word.get("dq.release_by", ""),
        word.get("dq.release_why", ""),
        tuple(HeldRows(rule, rows) for rule, rows in held.items()),
        word["dq.release_rows"],
    )

"""Files, and what other tools found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from dq_monitor.checks.file_count import FileCount
from dq_monitor.checks.file_size import FileSize
from dq_monitor.checks.imported_result import ImportedResult
from dq_monitor.errors import PackInvalid
from dq_monitor.history.score import observe_imported
from dq_monitor.judge import judge
from dq_monitor.model.metric import Metric
from dq_monitor.model.pack import Pack
from dq_monitor.model.rule import Limit
from dq_monitor.model.size import read_size, spell_size
from dq_monitor.model.verdict import Counts, Finding, Observation, Status
from dq_monitor.model.view import Files, View
from dq_monitor.packs import parse_pack
from dq_monitor.registry import plug

NOW = datetime(2013, 1, 7, 12, tzinfo=UTC)
MB = 1_000_000


def view(*sizes: int) -> View:
    return View({}, NOW, files=Files(sizes))


def test_files_are_counted() -> None:
    assert FileCount().measure({}, view(1, 2, 3)).value == 3
    assert FileCount().measure({}, view()).value == 0
    assert FileCount().measure({}, View({}, NOW)).value is None


@pytest.mark.parametrize(("of", "expected"), [("min", 1), ("max", 6), ("mean", 3), ("total", 9)])
def test_sizes_of_files_are_measured(of: Any, expected: float) -> None:
    assert FileSize(of=of).measure({}, view(1, 2, 6)).value == expected
    assert FileSize(of=of).measure({}, view()).value is None
    assert FileSize(of=of).measure({}, View({}, NOW)).value is None


def test_bounds_of_sizes_are_written_as_sizes() -> None:
    pack = parse_pack("{table: a.b, rules: [{file_size: min, warn: {below: 16MB}}]}", "pack.yaml")
    (rule,) = pack.rules
    assert rule.warn is not None
    assert rule.warn.below == Limit(16.0 * MB)
    seen = Observation(rule.id, value=1.5 * MB, note="min of 3 files")
    (finding,) = judge(pack, [seen], Counts(1, 1), subject="w", now=NOW).findings
    assert finding.message == "measured 1.5 MB (min of 3 files)"
    assert finding.expected == "warn below 16 MB"


@pytest.mark.parametrize(
    ("text", "size"),
    [("0B", 0), ("500KB", 5e5), ("128 MB", 128e6), ("1.5GiB", 1.5 * 2**30), ("2tb", 2e12)],
)
def test_sizes_are_read(text: str, size: float) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (48e6, "48 MB"), (2.5e13, "25 TB")]
)
def test_sizes_are_spelled(size: float, text: str) -> None:
    assert spell_size(size) == text


@pytest.mark.parametrize("bound", ["16 apples", "MB", "-1MB", "-1", "true", "5%"])
def test_what_is_no_size_is_refused(bound: str) -> None:
    with pytest.raises(PackInvalid, match=r"size|bytes"):
        parse_pack(f"{{table: a.b, rules: [{{file_size: min, warn: {{below: {bound}}}}}]}}", "p")


PACK = """
table: silver.flights
rules:
  - imported_result: {tool: dbt, name: not_null_dest, max_age: 26h}
    id: dbt
  - change: {metric: imported.dbt.not_null_dest}
    id: jump
    warn: {over: 50%}
  - anomaly: {metric: imported.dbt.not_null_dest, min_history: 4}
    id: odd
    warn: {beyond: 4}
"""


def results(*values: float, age: timedelta = timedelta(hours=1)) -> list[Metric]:
    newest = NOW - age
    return [
        Metric("silver.flights", "imported.dbt.not_null_dest", v, newest - timedelta(days=n))
        for n, v in reversed(list(enumerate(reversed(values))))
    ]


def judged(*values: float, age: timedelta = timedelta(hours=1)) -> dict[str, Finding]:
    pack = pack_of()
    seen = [observe_imported(rule, results(*values, age=age), NOW) for rule in pack.rules]
    verdict = judge(pack, seen, Counts(1, 1), subject="w", now=NOW)
    return {finding.rule_id: finding for finding in verdict.findings}


def pack_of() -> Pack:
    return parse_pack(PACK, "pack.yaml")


@pytest.mark.parametrize(("failures", "status"), [(0, Status.PASS), (3, Status.FAIL)])
def test_the_newest_result_of_another_tool_is_judged(failures: float, status: Status) -> None:
    found = judged(9, failures)["dbt"]
    assert (found.status, found.value) == (status, failures)
    assert found.message == f"measured {failures:g} (failures, dbt at 2013-01-07 11:00 UTC)"


def test_an_old_result_says_nothing() -> None:
    found = judged(0, age=timedelta(hours=27))["dbt"]
    assert found.status is Status.NOT_EVALUATED
    assert "more than 26h ago" in found.message
    assert judged()["dbt"].message == "no value: no result of dbt was imported"


def test_results_of_other_tools_are_watched_like_any_metric() -> None:
    found = judged(10, 10, 11, 10, 10, 20)
    assert (found["jump"].status, found["jump"].score) == (Status.WARN, 1.0)
    assert found["odd"].status is Status.WARN
    assert judged()["jump"].status is Status.NOT_EVALUATED


def test_max_age_is_a_duration() -> None:
    with pytest.raises(ValueError, match="'soon' is not a duration"):
        ImportedResult(tool="dbt", name="x", max_age="soon")
    check = TypeAdapter[Any](plug("dq_monitor.checks", "imported_result", "check"))
    with pytest.raises(ValueError, match="'dbt', 'gx'"):
        check.validate_python({"tool": "pandas", "name": "x"})

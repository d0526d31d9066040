"""Says how rules came out, in the two shapes that OpenLineage has for it."""

from __future__ import annotations

from typing import Any

from openlineage.client.facet_v2 import data_quality_assertions_dataset, test_run

from dq_monitor.lineage.house import producer
from dq_monitor.lineage.scrub import scrub
from dq_monitor.model.check import Kind
from dq_monitor.model.verdict import Finding, Status, Verdict

STATUS = {
    Status.PASS: "pass",
    Status.WARN: "fail",  # issues were found; its severity says that it stops nothing
    Status.FAIL: "fail",
    Status.ERROR: "fail",  # a rule that could not be asked is never a pass
    Status.NOT_EVALUATED: "skip",
}
# Only what tripped has a severity: a rule may carry a limit for each, so a pass has no single one.
SEVERITY = {Status.WARN: "warn", Status.FAIL: "error", Status.ERROR: "error"}


def failed(verdict: Verdict) -> bool:
    """Say whether an error-severity rule failed: then, and only then, a test run is FAIL."""
    return any(SEVERITY.get(finding.status) == "error" for finding in verdict.findings)


def outcomes(verdict: Verdict) -> test_run.TestRunFacet:
    """Return the run facet that names every rule with its result."""
    executions = [
        test_run.TestExecution(
            name=finding.rule_id,
            status=STATUS[finding.status],
            type=finding.check,
            **_said(finding),
        )
        for finding in verdict.findings
    ]
    return test_run.TestRunFacet(executions, producer=producer())


def assertions(
    verdict: Verdict,
) -> data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet:
    """Return the dataset facet; it knows only yes and no, so what was skipped is left out."""
    asserted = [
        data_quality_assertions_dataset.Assertion(
            assertion=finding.check,
            success=finding.status is Status.PASS,
            name=finding.rule_id,
            column=finding.columns[0] if len(finding.columns) == 1 else None,
            **_said(finding),
        )
        for finding in verdict.findings
        if finding.status is not Status.NOT_EVALUATED
    ]
    return data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
        asserted, producer=producer()
    )


def _said(finding: Finding) -> dict[str, Any]:
    """Return what both shapes have in common."""
    broke = finding.status is Status.ERROR
    return {
        "severity": SEVERITY.get(finding.status),
        "description": scrub(finding.message) if broke else finding.message,
        "expected": finding.expected or None,
        "actual": _actual(finding),
        "params": _params(finding),
    }


def _actual(finding: Finding) -> str | None:
    if finding.kind in {Kind.ROW, Kind.SET}:
        if finding.failing is None:
            return None
        return f"{finding.failing} of {finding.failing + (finding.passing or 0)} rows fail"
    if finding.value is None:
        return None
    score = f" (score {finding.score:+.2f})" if finding.score is not None else ""
    return f"{finding.value:.12g}{score}"


def _params(finding: Finding) -> dict[str, Any]:
    counts = {"failing": finding.failing, "passing": finding.passing}
    return {
        "on_fail": finding.on_fail.value,
        **({"columns": list(finding.columns)} if finding.columns else {}),
        **({"segment": finding.segment} if finding.segment else {}),
        **{name: count for name, count in counts.items() if count is not None},
    }

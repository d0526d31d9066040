"""What became of a run: step by step, and in one exit code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dq_monitor.errors import DqmError, ExitCode
from dq_monitor.gate.outcome import Outcome
from dq_monitor.model.verdict import Decision, Status
from dq_monitor.pipeline.inputs import Run


class StepState(StrEnum):
    """How a step came out."""

    COMMITTED = "committed"
    REJECTED = "rejected"
    BROKE = "broke"
    SKIPPED = "skipped"

    @property
    def past(self) -> str:
        """Return the state as a sentence has it: `bronze.flights was rejected`."""
        return "broke" if self is StepState.BROKE else f"was {self.value}"


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one step. `cause` says why it broke or was skipped."""

    step: str
    state: StepState
    write_id: str
    outcome: Outcome | None = None
    cause: str = ""
    error: DqmError | None = None

    @property
    def replayed(self) -> bool:
        """Return whether the write was settled before, so that nothing was done."""
        return self.outcome is not None and self.outcome.replayed

    @property
    def exit_code(self) -> ExitCode:
        """Return what this step alone would tell a scheduler."""
        if self.error is not None:
            return self.error.exit_code
        if self.outcome is None:
            return ExitCode.GOOD  # skipped: the step it waited for speaks for it
        failed = self.outcome.verdict.status in {Status.FAIL, Status.ERROR}
        rejected = self.outcome.decision is Decision.REJECT
        return ExitCode.DATA_FAILED if failed or rejected else ExitCode.GOOD


@dataclass(frozen=True, slots=True)
class RunResult:
    """What became of a run, step by step, in the order they ran."""

    pipeline: str
    run: Run
    steps: tuple[StepResult, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Return the gravest of the steps' exit codes."""
        return max((step.exit_code for step in self.steps), default=ExitCode.GOOD)


def result_of(table: str, outcome: Outcome) -> StepResult:
    """Return what a write's outcome means for its step."""
    rejected = outcome.decision is Decision.REJECT
    return StepResult(
        table,
        StepState.REJECTED if rejected else StepState.COMMITTED,
        outcome.write_id,
        outcome,
        cause="; ".join(outcome.verdict.reasons) if rejected else "",
    )

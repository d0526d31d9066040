"""Every error a user can meet: the docstring says what, the raiser where and the fix."""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """What a scheduler reads off the process: 0 good, 1 data failed, 2 used wrongly, 3 broke."""

    GOOD = 0
    DATA_FAILED = 1
    USED_WRONGLY = 2
    BROKE = 3


class DqmError(Exception):
    """Something in dq-monitor broke."""

    exit_code = ExitCode.BROKE

    def __init__(self, detail: str = "", *, fix: str = "") -> None:
        """`detail` names file, table, rule, column and value; `fix` says what to do now."""
        self.detail = detail
        self.fix = fix
        super().__init__(detail, fix)

    def __str__(self) -> str:
        headline = (type(self).__doc__ or "").strip().splitlines()[0].rstrip(".")
        message = f"{headline}: {self.detail}" if self.detail else headline
        return f"{message}\n  fix: {self.fix}" if self.fix else message


class UsageError(DqmError):
    """dq-monitor was called wrongly."""

    exit_code = ExitCode.USED_WRONGLY


class UnknownName(UsageError):
    """No such name."""


class MissingDriver(UsageError):
    """An optional driver is not installed."""


class EngineCannot(UsageError):
    """The engine cannot run these rules; nothing was read."""


class SettingsInvalid(UsageError):
    """The settings are not valid."""


class PackInvalid(UsageError):
    """A rule pack has errors."""


class PackMissing(UsageError):
    """No rule pack guards this table."""


class PipelineInvalid(UsageError):
    """The pipeline cannot run as it is declared."""


class SourceMissing(UsageError):
    """A source file is not there."""


class DataFailed(DqmError):
    """The data failed."""

    exit_code = ExitCode.DATA_FAILED


class SourceUnreadable(DataFailed):
    """A source file is damaged or cut off."""

    def __init__(self, detail: str, *, fix: str = "", path: str = "") -> None:
        """`path` is that of the file, or the glob of the files."""
        super().__init__(detail, fix=fix)
        self.path = path


class ResultsUnreadable(UsageError):
    """The results of another tool cannot be read."""


class ContractBroken(DataFailed):
    """The batch does not keep the table's contract."""

    def __init__(self, detail: str, *, fix: str = "", differences: tuple[Any, ...] = ()) -> None:
        """`differences` are all that were found between batch, contract and table."""
        super().__init__(detail, fix=fix)
        self.differences = differences


class TypeUnsupported(DataFailed):
    """Delta Lake cannot store a column of this type."""


class BatchChanged(DataFailed):
    """The batch was committed before with other content; nothing was written."""


class BatchTorn(DqmError):
    """A batch's files are not what was counted; nothing was written."""


class RowsOutdated(DataFailed):
    """What came after these rows were refused keeps them out of the table."""


class RowsOfMerge(DataFailed):
    """Rows of a merge are not released from quarantine."""


class CommitContended(DqmError):
    """Other writers kept winning the commit; nothing was written."""


class LeaseLost(DqmError):
    """A write lost its lease; nothing was committed."""


class CareContended(DqmError):
    """Another process is taking care of this table; nothing was done."""


class TableUnreadable(DqmError):
    """A Delta table cannot be read."""


class TableUnwritable(DqmError):
    """A Delta table cannot be written; its rows are as they were."""


class TableMissing(UsageError):
    """There is no such Delta table."""


class StoreUnavailable(DqmError):
    """The store does not answer; whatever was under way can be sent again."""


class StoreLocked(StoreUnavailable):
    """The store is locked by another process; whatever was under way can be sent again."""


class EngineUnreachable(DqmError):
    """The engine does not answer."""


class DeliveryFailed(DqmError):
    """A message was not taken by its receiver."""

    def __init__(
        self,
        detail: str,
        *,
        retry_after: float | None = None,
        permanent: bool = False,
        fix: str = "",
    ) -> None:
        """`retry_after` is the wait in seconds that the receiver asked for, if it did."""
        super().__init__(detail, fix=fix)
        self.retry_after = retry_after
        self.permanent = permanent


class StepFailed(DqmError):
    """A pipeline step raised an error."""

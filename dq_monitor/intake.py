"""Takes in what other tools found about a table: into its metric history, once."""

from __future__ import annotations

import hashlib
from datetime import datetime

from dq_monitor.model.event import ResultsImported
from dq_monitor.model.metric import IMPORTED, Metric
from dq_monitor.ports import EventLog, ResultsReader
from dq_monitor.registry import plug

READERS = "dq_monitor.results"


def import_results(
    text: bytes, tool: str, table: str, log: EventLog, now: datetime
) -> ResultsImported:
    """Record the results in a file of `tool` as metrics of `table`; return what was recorded.

    They count from when the tool ran, or from `now` where the file does not say. The same file
    again changes nothing. Raises UnknownName for the tool and ResultsUnreadable for the file.
    """
    reader: ResultsReader = plug(READERS, tool, "tool")()
    found = reader.read(text)
    at = found.at or now
    metrics = tuple(
        Metric(table, f"{IMPORTED}{tool}.{name}", failures, at, day=at.date())
        for name, failures in found.failures.items()
    )
    event = ResultsImported(_import_id(text, tool, table), table, now, tool, metrics)
    (first,) = log.read(log.append(event) - 1, 1)
    return first.event if isinstance(first.event, ResultsImported) else event


def _import_id(text: bytes, tool: str, table: str) -> str:
    digest = hashlib.sha256(text).hexdigest()
    return f"import:{table}:{tool}:{digest}"

"""The plug points, on one page: what the movements need and the wings provide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, ClassVar, Protocol

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.model.event import Event, Recorded
from dq_monitor.model.incident import Message
from dq_monitor.model.lease import Standing
from dq_monitor.model.metric import Metric
from dq_monitor.model.remembered import Remembered
from dq_monitor.model.results import ToolResults


class EventLog(Protocol):
    """The append-only record in the store."""

    def append(self, event: Event) -> int:
        """Write `event` and what the views need of it in one transaction; return its place."""
        ...

    def read(self, after: int, limit: int = 100) -> Sequence[Recorded]:
        """Return up to `limit` events with a place greater than `after`, in order."""
        ...

    def write_events(self, write_id: str) -> Sequence[Event]:
        """Return all that is known of one write, in order; empty when it is new."""
        ...

    def open_writes(self) -> Sequence[str]:
        """Return the ids of writes that have started and have no outcome yet, oldest first."""
        ...


class Leases(Protocol):
    """What keeps a write to one owner, on as many machines as write."""

    def hold(self, name: str) -> AbstractContextManager[None]:
        """Hold a name, waiting for whoever has it; it is free again when this process dies."""
        ...

    def hold_if_free(self, name: str) -> AbstractContextManager[bool]:
        """Hold a name if nobody does; gives whether it was free."""
        ...

    def confirm(self, name: str) -> None:
        """Raise LeaseLost when a name that was held here is no longer."""
        ...

    def standing(self) -> Sequence[Standing]:
        """Return what is held, by anybody, and what owners that died have left behind."""
        ...


class MetricHistory(Protocol):
    """What was measured before."""

    def before(
        self, table: str, metric: str, segment: str, at: datetime, limit: int
    ) -> Sequence[Metric]:
        """Return the last `limit` measurements strictly before `at`, oldest first."""
        ...


class StateMemory(Protocol):
    """What rules found in data files that never change: losing it costs time, never an answer."""

    def recall(self, table: str, questions: Sequence[str]) -> Sequence[Remembered]:
        """Return what is known of a table (its URI) for some of these questions."""
        ...

    def remember(self, table: str, found: Sequence[Remembered]) -> None:
        """Keep what was found; what is known already is written anew."""
        ...

    def forget(self, table: str, files: Set[str], questions: Set[str]) -> None:
        """Drop what speaks of a file, or answers a question, that is not among these."""
        ...


class Source(Protocol):
    """A kind of file that a pipeline reads."""

    def scan(self, path: str, options: Mapping[str, object]) -> pl.LazyFrame:
        """Return the file as a lazy frame; raise SourceMissing or SourceUnreadable."""
        ...


class ResultsReader(Protocol):
    """A kind of file in which another tool leaves what it found."""

    def read(self, text: bytes) -> ToolResults:
        """Return the failures by test; raise ResultsUnreadable."""
        ...


class Backend(Protocol):
    """An engine that judges tables where they lie.

    `schemes` are those of its URLs. `cannot` says of checks that it cannot run, by name, why.
    """

    schemes: ClassVar[tuple[str, ...]]
    cannot: ClassVar[Mapping[str, str]]

    def table(self, name: str) -> nw.LazyFrame[Any] | None:
        """Return a table by its name; None when there is none."""
        ...

    def with_clocks(
        self, frame: nw.LazyFrame[Any], columns: Mapping[str, str], zone: str
    ) -> nw.LazyFrame[Any]:
        """Add columns without a zone: instants as the clocks of a zone showed them.

        `columns` are the names of the new ones by the columns of instants in UTC.
        """
        ...

    def prepare(self, frame: nw.LazyFrame[Any]) -> None:
        """Have the engine look at a query; raise what it raises when it does not know it."""
        ...

    def collect(self, frame: nw.LazyFrame[Any]) -> pl.DataFrame:
        """Run a query."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Channel(Protocol):
    """A place where people are told."""

    def send(self, message: Message) -> None:
        """Deliver once; raise DeliveryFailed, with `retry_after` where the receiver said."""
        ...


class Emitter(Protocol):
    """A receiver of OpenLineage events."""

    def emit(self, event: Mapping[str, object]) -> None:
        """Deliver one event as JSON; raise DeliveryFailed when it was not taken."""
        ...

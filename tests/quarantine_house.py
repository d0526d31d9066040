"""A guarded table with a few refused rows, and all that moves them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from dq_monitor.gate import Gate, Write
from dq_monitor.gate.outcome import Outcome
from dq_monitor.model.event import Origin
from dq_monitor.model.pack import Pack
from dq_monitor.model.quarantine import REASONS, STATE
from dq_monitor.model.table import Upsert, WriteMode
from dq_monitor.packs import parse_pack
from dq_monitor.ports import EventLog
from dq_monitor.quarantine.release import Releases
from dq_monitor.store.memory import MemoryHistory, MemoryLog
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.ledger import Ledger

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
TABLE = "silver.trips"
STRICT = f"""\
table: {TABLE}
rules:
  - not_null: trip
  - in_range: {{column: miles, min: 0, max: 100}}
  - in_set: {{column: carrier, values: [AA, UA]}}
  - unique: trip
"""
WIDER = STRICT.replace("max: 100", "max: 1000")
ROWS = pl.DataFrame(
    {
        "trip": [1, 2, 3, 4, None],
        "miles": [10, 500, -5, 5000, 20],
        "carrier": ["AA", "UA", "AA", "ZZ", "AA"],
    }
)


class Quarantined:
    """One table, its quarantine, and a log in memory unless another is given."""

    def __init__(self, root: Path, pack: str = STRICT, log: EventLog | None = None) -> None:
        self.tables = DeltaTables(str(root))
        self.log = log or MemoryLog()
        self.ledger = Ledger(self.tables)
        self.use(pack)

    def use(self, pack: str | Pack) -> None:
        """Judge by another pack from here on."""
        self.pack = parse_pack(pack, "trips.yaml") if isinstance(pack, str) else pack
        self.gate = Gate(
            tables=self.tables,
            packs={TABLE: self.pack},
            log=self.log,
            history=MemoryHistory(self.log if isinstance(self.log, MemoryLog) else None),
        )
        self.releases = Releases(self.gate, self.tables, self.log)

    def write(
        self,
        rows: pl.DataFrame,
        key: str = "one",
        mode: WriteMode = WriteMode.APPEND,
        upsert: Upsert | None = None,
    ) -> Outcome:
        origin = Origin("test", f"run of {key}", day=date(2026, 11, 23))
        one = Write(
            table=TABLE,
            frame=rows.lazy(),
            write_id=key,
            origin=origin,
            now=NOW,
            mode=mode,
            upsert=upsert,
        )
        return self.gate.write(one)

    def trips(self) -> list[int | None]:
        """Return the trips in the table, sorted."""
        found: list[int | None] = self.tables.scan(TABLE).collect()["trip"].sort().to_list()
        return found

    def states(self) -> Mapping[tuple[int | None, str], list[str]]:
        """Return by trip and state the rules that hold the row."""
        rows = self.ledger.rows(TABLE)
        if rows is None:
            return {}
        found = rows.select("trip", STATE, REASONS).collect()
        return {(trip, state): reasons for trip, state, reasons in found.iter_rows()}


def rejecting(pack: str = STRICT, share: str = "10%") -> str:
    """Return a pack that refuses a batch of which more than a share would go to quarantine."""
    return pack.replace("rules:", f"gate: {{max_quarantined: {share}}}\nrules:")

"""A few of the rows that a rule refused, read from quarantine and masked unless asked otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from deltalake.exceptions import DeltaError

from dashboard.words import plain
from dq_monitor.model.quarantine import OURS, REASONS, WRITE_ID
from dq_monitor.model.table import quarantine_of

LIMIT = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """Refused rows: the table's own columns, and each row's values with the rules it failed."""

    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[object, ...], tuple[str, ...]], ...]


def quarantined(
    root: str,
    table: str,
    rule_id: str,
    write_id: str,
    limit: int = LIMIT,
    *,
    storage: Mapping[str, str] | None = None,
) -> Sample:
    """Return up to `limit` rows of one write that failed `rule_id`; none when none can be read."""
    uri = _uri(root, table)
    if uri is None:
        return Sample((), ())
    try:
        frame = (
            pl.scan_delta(uri, storage_options=dict(storage or {}) or None)
            .filter(pl.col(WRITE_ID) == write_id, pl.col(REASONS).list.contains(rule_id))
            .head(limit)
            .collect()
        )
    except (DeltaError, OSError, pl.exceptions.PolarsError):
        return Sample((), ())
    own = frame.select(name for name in frame.columns if not name.startswith(OURS))
    reasons = [tuple(row) for row in frame[REASONS].to_list()]
    return Sample(tuple(own.columns), tuple(zip(own.iter_rows(), reasons, strict=True)))


def _uri(root: str, table: str) -> str | None:
    """Return where the table's quarantine lies; None for a name that would lead elsewhere."""
    below = quarantine_of(table).replace(".", "/")
    if "://" in root:
        return f"{root.rstrip('/')}/{below}" if "//" not in below else None
    path = (Path(root) / below).resolve()
    return str(path) if path.is_relative_to(Path(root).resolve()) and path.exists() else None


def shown(value: object) -> str:
    """Return `value` itself as plain text."""
    return "null" if value is None else plain(value, limit=80)

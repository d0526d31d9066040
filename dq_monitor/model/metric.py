"""A number about a table at a time: what the history is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

# Under such names stands what other tools found: `imported.dbt.not_null_flights_dest`.
IMPORTED = "imported."


@dataclass(frozen=True, slots=True)
class Metric:
    """One measurement. `at` is when it was judged (UTC), `day` which day's data it speaks of.

    `lower` and `upper` are the bounds that held when it was judged, where a rule had any;
    `flagged` says that it lay outside them.
    """

    table: str
    name: str
    value: float
    at: datetime
    segment: str = ""
    day: date | None = None
    lower: float | None = None
    upper: float | None = None
    flagged: bool = False

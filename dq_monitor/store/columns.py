"""The boundary to the database: what text, times, numbers and lists look like in a column.

PostgreSQL refuses NUL in text and SQLite stores NaN as NULL, so both are taken out here, alike for
both databases, in values that are stored and in values that are asked for.
"""

# ruff: noqa: ARG002 - `dialect` belongs to SQLAlchemy's signature
from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Double, Text
from sqlalchemy.types import TypeDecorator

REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """Return `text` with NUL and lone surrogates replaced, which no database takes."""
    whole = text.encode("utf-8", "replace").decode() if not text.isascii() else text
    return whole.replace("\x00", REPLACEMENT)


def digest(*parts: str) -> str:
    """Return a short key for names that may be too long for a PostgreSQL index (2.7 kB)."""
    joined = json.dumps(parts).encode()
    return hashlib.blake2b(joined, digest_size=16).hexdigest()


class Words(TypeDecorator[str]):
    """Text that every database takes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what cannot be stored."""
        return None if value is None else storable(value)


class UtcTime(TypeDecorator[datetime]):
    """A point in time: aware on both sides, stored in UTC, so that it sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: nobody can say when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no timezone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return UTC: SQLite forgets the zone, PostgreSQL answers in the session's."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Number(TypeDecorator[float]):
    """A finite number; NaN and infinity are no measurement and become null."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """Leave out what is not finite."""
        return float(value) if value is not None and math.isfinite(value) else None


class TextList(TypeDecorator[tuple[str, ...]]):
    """A tuple of texts, as a JSON array; JSON escapes what a database would refuse."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Write the array."""
        return None if value is None else json.dumps([storable(text) for text in value])

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Read the array."""
        return None if value is None else tuple(json.loads(value))

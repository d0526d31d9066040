"""States as text, and back: every value that an engine reduces to, each with its own type.

Raises ValueError for what has no spelling (its rule is measured anew each time) and for a text that
was damaged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dq_monitor.engines.rule_states import RuleState

MICROSECOND = timedelta(microseconds=1)
DIGEST = 16


def spell(state: RuleState) -> str:
    """Return a state as text that begins with its own digest."""
    text = json.dumps(_rule(state), separators=(",", ":"), allow_nan=False)
    return _digest(text) + text


def read(text: str) -> RuleState:
    """Return the state that `spell` wrote."""
    digest, body = text[:DIGEST], text[DIGEST:]
    if digest != _digest(body):
        raise ValueError("a state that was kept is damaged")
    return _read_rule(json.loads(body))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=DIGEST // 2).hexdigest()


def _rule(state: RuleState) -> list[Any]:
    return [
        state.failing,
        state.passing,
        {name: _value(value) for name, value in state.parts.items()},
        {name: _rule(segment) for name, segment in state.segments.items()},
        state.size,
        state.too_many,
    ]


def _read_rule(found: list[Any]) -> RuleState:
    failing, passing, parts, segments, size, too_many = found
    return RuleState(
        failing,
        passing,
        {name: _read_value(value) for name, value in parts.items()},
        {name: _read_rule(segment) for name, segment in segments.items()},
        size,
        too_many,
    )


def _value(value: Any) -> Any:
    """Return JSON: texts, whole numbers, booleans and null as they are, the rest with a type."""
    if value is None or type(value) in {str, int, bool}:
        return value
    if type(value) in _WRITE:
        return [type(value).__name__, _WRITE[type(value)](value)]
    if isinstance(value, Mapping):
        return ["dict", {name: _value(part) for name, part in value.items()}]
    if isinstance(value, list | tuple):
        return ["list", [_value(part) for part in value]]
    raise ValueError(f"a {type(value).__name__} has no spelling")


def _read_value(found: Any) -> Any:
    if not isinstance(found, list):
        return found
    kind, written = found
    if kind == "dict":
        return {name: _read_value(part) for name, part in written.items()}
    if kind == "list":
        return [_read_value(part) for part in written]
    return _READ[kind](written)


_WRITE: Mapping[type, Callable[[Any], Any]] = {
    float: float.hex,  # exact, and NaN and infinity have one too
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: lambda value: value // MICROSECOND,
    Decimal: str,
    bytes: bytes.hex,
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "float": float.fromhex,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda micros: micros * MICROSECOND,
    "Decimal": Decimal,
    "bytes": bytes.fromhex,
}

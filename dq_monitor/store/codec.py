"""Events as JSON text in the log, and back; what comes out equals what went in."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from dq_monitor.model.event import Event
from dq_monitor.store.columns import storable


def encode(event: Event) -> str:
    """Return `event` as JSON; NaN and infinity are written as texts, as JSON has no such numbers.

    A lone surrogate, as in an error that names a file with a broken name, becomes a question mark.
    """
    if event.at.tzinfo is None:
        raise ValueError(f"{event.type} at {event.at} has no timezone")
    try:
        return _adapter().dump_json(event).decode()
    except PydanticSerializationError:
        whole = _without_surrogates(_adapter().dump_python(event))
        return _adapter().dump_json(_adapter().validate_python(whole)).decode()


def decode(payload: str) -> Event:
    """Return the event that `payload` was made from."""
    return _adapter().validate_json(payload)


@cache
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(
        Annotated[Event, Field(discriminator="type")],
        config=ConfigDict(ser_json_inf_nan="strings"),
    )


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {key: _without_surrogates(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(entry) for entry in value]
    return value

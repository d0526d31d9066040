"""Refuses column types that a contract cannot promise, with the one that is most likely meant."""

from __future__ import annotations

from dq_monitor.model.type_names import TypeName, read_type
from dq_monitor.model.types import stored_type
from dq_monitor.packs.report import QUOTES, cut, is_torn

USUAL = {
    **dict.fromkeys(("str", "utf8", "text", "varchar"), "string"),
    **dict.fromkeys(("int", "integer", "long", "bigint", "uint32"), "int64"),
    **dict.fromkeys(("float", "double", "number", "real"), "float64"),
    **dict.fromkeys(("timestamp", "timestamptz"), "datetime"),
    **dict.fromkeys(("short", "uint8"), "int16"),
    "uint16": "int32",
    "timestamp_ntz": "datetime_naive",
    "bool": "boolean",
    "byte": "int8",
    "decimal": "decimal(12, 2)",
    "numeric": "decimal(12, 2)",
    "list": "list[int64]",
    "struct": "struct{x: int64}",
}
UNSTORABLE = {
    "uint64": "int64 or decimal(20, 0)",
    "int128": "decimal(38, 0)",
    **dict.fromkeys(("time", "time_of_day"), "string"),
    "duration": "int64 with a `unit`",
    "categorical": "string",
    "enum": "string",
    "null": "the type the values will have",
}
LONGEST = 2_000


def storable(text: str) -> str:
    """Return `text` when a column may have that type; raise ValueError with a remedy otherwise."""
    if len(text) > LONGEST or not text.strip():
        raise ValueError(f"unknown type {cut(text)!r}")
    try:
        written = read_type(text)
    except ValueError as error:
        if not is_torn(text):
            raise
        told = f"{cut(text)!r} is no type: {QUOTES}, such as 'decimal(12, 2)'"
        raise ValueError(told) from error
    _require_storable(written)
    return text


def _require_storable(written: TypeName) -> None:
    for _, part in written.parts:
        _require_storable(part)
    if written.parts:
        return
    name = written.name.lower()
    if name in UNSTORABLE:
        raise ValueError(f"Delta Lake cannot store {name}: use {UNSTORABLE[name]}")
    if name in USUAL:
        raise ValueError(f"unknown type {written.name!r}: did you mean {USUAL[name]!r}?")
    if name != cut(name):
        raise ValueError(f"unknown type {cut(name)!r}")
    stored_type(written.name)

"""Refuses column types that a contract cannot promise, with the one that is most likely meant."""

from __future__ import annotations

from dq_monitor.model.types import column_type
from dq_monitor.packs.report import cut

USUAL = {
    **dict.fromkeys(("str", "utf8", "text", "varchar"), "string"),
    **dict.fromkeys(("int", "integer", "long", "bigint", "uint32"), "int64"),
    **dict.fromkeys(("float", "double", "number", "real"), "float64"),
    **dict.fromkeys(("timestamp", "timestamptz"), "datetime"),
    "timestamp_ntz": "datetime_naive",
    "bool": "boolean",
    "short": "int16",
    "byte": "int8",
    "decimal": "decimal(12, 2)",
    "numeric": "decimal(12, 2)",
}
UNSTORABLE = {
    "uint64": "int64 or decimal(20, 0)",
    "int128": "decimal(38, 0)",
    "time": "string",
    "duration": "int64 with a `unit`",
    "categorical": "string",
    "enum": "string",
    "null": "the type the values will have",
}


def storable(text: str) -> str:
    """Return `text` when a column may have that type; raise ValueError with a remedy otherwise."""
    name = text.lower()
    if name in UNSTORABLE:
        raise ValueError(f"Delta Lake cannot store {name}: use {UNSTORABLE[name]}")
    if name in USUAL:
        raise ValueError(f"unknown type {text!r}: did you mean {USUAL[name]!r}?")
    if text != cut(text):
        raise ValueError(f"unknown type {cut(text)!r}")
    column_type(text)
    return text

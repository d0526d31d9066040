"""The column types that a contract may name: those that Delta Lake stores."""

from __future__ import annotations

import re

from dq_monitor.registry import suggest

TYPES = (
    *("string", "boolean", "binary", "date", "datetime", "decimal", "float32", "float64"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "list", "array", "struct"),
)
NESTED = {"datetime", "decimal", "list", "array", "struct"}
USUAL = {
    **dict.fromkeys(("str", "utf8", "text", "varchar"), "string"),
    **dict.fromkeys(("int", "integer", "long", "bigint"), "int64"),
    **dict.fromkeys(("float", "double", "number", "real"), "float64"),
    **dict.fromkeys(("timestamp", "timestamptz"), "datetime"),
    "bool": "boolean",
    "short": "int16",
    "byte": "int8",
    "numeric": "decimal",
}
UNSTORABLE = {
    "uint64": "int64 or decimal",
    "int128": "decimal",
    "time": "string",
    "duration": "int64 with a `unit`",
    "categorical": "string",
    "enum": "string",
    "null": "the type the values will have",
}
WRITTEN = re.compile(r"([a-z0-9]+)(?:[\[(](.+)[\])])?")


def column_type(text: str) -> str:
    """Return `text` when a column may have that type; raise ValueError with a remedy otherwise."""
    match = WRITTEN.fullmatch(text)
    base = match[1] if match else text
    if base in UNSTORABLE:
        raise ValueError(f"Delta Lake cannot store {base}: use {UNSTORABLE[base]}")
    if base not in TYPES:
        near = USUAL.get(base.lower())
        known = f"did you mean {near!r}?" if near else suggest(base[:40].lower(), TYPES)
        raise ValueError(f"{text[:40]!r} is no type ({known})")
    if match and match[2] and base not in NESTED:
        raise ValueError(f"{base} takes nothing in brackets: write {base}")
    return text

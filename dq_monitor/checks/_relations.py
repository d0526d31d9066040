"""The relations in which two values may stand, as packs write them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

Relation = Annotated[
    Literal["=", "==", "<>", "!=", "<", "<=", ">", ">="], Field(description="the relation")
]
_SQL = {"==": "=", "!=": "<>"}


def sql(op: Relation) -> str:
    """Return a relation in the one way that SQL writes it."""
    return _SQL.get(op, op)

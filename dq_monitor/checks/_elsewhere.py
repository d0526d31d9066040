"""What is held against another table: its name, a column of it, and which of its rows count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._parameters import ColumnNames, Condition, condition_columns, distinct
from dq_monitor.expression import compile_boolean
from dq_monitor.model.check import Reference
from dq_monitor.model.view import View

Rows = nw.LazyFrame[Any]

Target = Annotated[str, Field(pattern=r"^.+\..+$", examples=["bronze.airports.faa"])]
TableName = Annotated[
    str,
    Field(min_length=1, description="the table that is compared with", examples=["bronze.flights"]),
]
OtherColumn = Annotated[
    Target, Field(description="the column that is compared with, after its table and a dot")
]
OtherWhere = Annotated[
    Condition | None,
    Field(description="SQL condition: only these rows of the other table are compared with"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyElsewhere:
    """A check of a key that is looked up in another table."""

    references: Annotated[
        Target | Annotated[tuple[Target, ...], Field(min_length=1)],
        Field(description="the column where the key is looked up, after its table and a dot"),
    ]
    column: Annotated[str | None, Field(min_length=1, description="the column that is asked")] = (
        None
    )
    key: ColumnNames = ()

    def __post_init__(self) -> None:
        """Refuse a key that does not match its references, one for one, in one table."""
        if (self.column is None) == (not self.key):
            raise ValueError("needs either column or columns")
        distinct(self.columns())
        targets = self._targets()
        if len(targets) != len(self.columns()):
            raise ValueError(f"{len(self.columns())} columns refer to {len(targets)} columns")
        if len({target.rpartition(".")[0] for target in targets}) > 1:
            raise ValueError("the references must be columns of one table")

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the key."""
        return self.key or (self.column or "",)

    def reference(self) -> Reference:
        """Return the table and its columns where the key is looked up."""
        parts = [target.rpartition(".") for target in self._targets()]
        return Reference(parts[0][0], tuple(name for _, _, name in parts))

    def _targets(self) -> tuple[str, ...]:
        return (self.references,) if isinstance(self.references, str) else self.references


def other_column(target: str) -> Reference:
    """Return what `bronze.airports.faa` names."""
    table, _, name = target.rpartition(".")
    return Reference(table, (name,))


def check_condition(where: str | None) -> None:
    """Refuse what is no condition; nothing is fine."""
    if where is not None:
        condition_columns(where)


def view_of(rows: Rows, view: View) -> View:
    """Return what a check may see of other rows."""
    return replace(view, schema=rows.collect_schema(), parts=None, clocks={})


def chosen(others: Rows | None, where: str | None, view: View) -> Rows:
    """Return the rows of the other table that are compared with."""
    if others is None:
        raise ValueError("there is no table to compare with")
    if where is None:
        return others
    return others.filter(compile_boolean(where, view_of(others, view)))

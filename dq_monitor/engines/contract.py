"""The contract of a pack, held against a batch before a row is read, and as a pandera schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import polars as pl

from dq_monitor.engines.pandera_api import pandera_polars
from dq_monitor.engines.rescue import rescue
from dq_monitor.errors import ContractBroken
from dq_monitor.evolution import RESCUED, Sides, StoredColumns, differences
from dq_monitor.model.difference import Change, Difference, Fate
from dq_monitor.model.pack import Contract, Evolution, OnExtra, OnMismatch
from dq_monitor.model.table import Validity
from dq_monitor.model.types import column_type

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema

STRICTNESS: Mapping[OnExtra, bool | Literal["filter"]] = {
    OnExtra.KEEP: False,
    OnExtra.DROP: "filter",
    OnExtra.REJECT: True,
    OnExtra.RESCUE: "filter",
}
IN_THE_STEP = "cast, rename or drop the columns in the step, or change the contract in the pack"
WITHOUT_CONTRACT = "cast, rename or drop the columns in the step, or give the pack a contract"
OF_A_DIMENSION = "a dimension is merged into with history=Validity() in its Upsert"
OF_A_MERGE = "a merge replaces whole rows: select what is missing too, from the table itself"
RENAMES: Mapping[Change, str] = {
    Change.RENAMED: "rename it to {0!r} in the step, or say `evolution: any` in the contract",
    Change.CASE: "rename it to {0!r} in the step",
}
RETYPES: Mapping[Change, str] = {
    Change.RETYPED: "to keep such rows all the same, say `on_mismatch: rescue` in the contract",
    Change.WIDENED: "to change the table's type, write all of its rows once with mode overwrite,"
    " under a contract that says {0}",
}


def to_pandera(contract: Contract, name: str) -> DataFrameSchema:
    """Return the contract as a pandera schema, for whoever else wants to hold data against it.

    Under `strict` evolution every column is required; else a nullable one may be missing. Nulls are
    not looked for here (that would read the rows): the rules do it in their own pass.
    """
    pa = pandera_polars()
    strict = contract.evolution is Evolution.STRICT
    schema: DataFrameSchema = pa.DataFrameSchema(
        {
            column: pa.Column(
                column_type(promise.type),
                nullable=True,
                required=strict or not promise.nullable,
                description=promise.description or None,
            )
            for column, promise in contract.columns.items()
        },
        name=name,
        strict=STRICTNESS[contract.on_extra],
    )
    return schema


def keep_contract(
    table: str,
    contract: Contract,
    frame: pl.LazyFrame,
    stored: StoredColumns | None = None,
    found: Sequence[Difference] | None = None,
) -> pl.LazyFrame:
    """Return the batch as contract and table want it; raise ContractBroken naming each difference.

    No row is read. What becomes of a column is its fate (see `evolution`): nothing is cast where a
    value could change by it. `found` are the differences, where they are known already.
    """
    sides = Sides(contract, stored, frame.collect_schema())
    found = differences(contract, stored, sides.batch) if found is None else found
    _refuse(table, sides, found)
    return _missing(sides, _in_utc(_rescued(sides, _cast(sides, _dropped(sides, frame)))))


def alike(rows: pl.LazyFrame, schema: pl.Schema) -> pl.LazyFrame:
    """Return refused rows in the types that a quarantine table has had from the start.

    Nobody promised those, and nothing may be lost there: what does not fit is rescued.
    """
    rescuing = Contract(on_mismatch=OnMismatch.RESCUE)
    sides = Sides(rescuing, StoredColumns(schema), rows.collect_schema())
    fates = {sides.fate_of_type(name) for name in _come(sides)}
    cast = _cast(sides, rows)
    return _rescued(sides, cast) if Fate.RESCUED in fates else cast


def _refuse(table: str, sides: Sides, found: Sequence[Difference]) -> None:
    breaking = [one for one in found if one.breaking]
    if not breaking:
        return
    names = [_renaming(sides, one) for one in breaking if one.kind in RENAMES]
    types = [RETYPES[o.kind].format(o.after) for o in breaking if o.kind in RETYPES]
    whole = sides.stored is not None and sides.stored.whole
    removed = whole and any(one.kind is Change.REMOVED for one in breaking)
    remedies = [*names, IN_THE_STEP if sides.contract.columns else WITHOUT_CONTRACT, *types]
    if removed:
        gone = {one.column for one in breaking if one.kind is Change.REMOVED}
        remedies += [OF_A_DIMENSION if {*Validity().columns} <= gone else OF_A_MERGE]
    raise ContractBroken(
        f"{table}: {'; '.join(map(str, breaking))}",
        fix="; or ".join(dict.fromkeys(remedies)),
        differences=tuple(found),
    )


def _renaming(sides: Sides, one: Difference) -> str:
    if one.kind is Change.CASE and one.column in sides.batch:  # beside it: the name is taken
        return f"drop {one.after!r} in the step, or give it another name"
    return RENAMES[one.kind].format(one.column)


def _dropped(sides: Sides, frame: pl.LazyFrame) -> pl.LazyFrame:
    gone = [n for n in sides.extra if sides.fate_of_extra(n) is Fate.DROPPED]
    null = [
        pl.lit(None, sides.goal(name)).alias(name)
        for name in _come(sides)
        if sides.fate_of_type(name) is Fate.DROPPED
    ]
    return frame.with_columns(null).drop(gone)


def _cast(sides: Sides, frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.with_columns(
        pl.col(name).cast(sides.goal(name))
        for name in _come(sides)
        if sides.fate_of_type(name) is Fate.CAST
    )


def _rescued(sides: Sides, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Rescue what does not fit; a table that rescues has the column for it in any case."""
    if not sides.rescues:
        return frame
    goals: dict[str, pl.DataType | None] = {
        n: sides.goal(n) for n in _come(sides) if sides.fate_of_type(n) is Fate.RESCUED
    }
    goals |= {n: None for n in sides.extra if sides.fate_of_extra(n) is Fate.RESCUED}
    if goals or RESCUED in sides.batch:
        return rescue(frame, goals)
    return frame.with_columns(pl.lit(None, pl.String()).alias(RESCUED))


def _in_utc(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Put times of other zones into UTC, where neither contract nor table says so."""
    zoned = {
        name: pl.Datetime(dtype.time_unit, "UTC")
        for name, dtype in frame.collect_schema().items()
        if isinstance(dtype, pl.Datetime) and dtype.time_zone not in {None, "UTC"}
    }
    return frame.cast(zoned) if zoned else frame  # type: ignore[arg-type]


def _missing(sides: Sides, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Add what the contract promises and the batch lacks; the table's own columns are added later.

    They come in the order of the contract.
    """
    return frame.with_columns(
        pl.lit(None, sides.goal(name)).alias(name)
        for name in sides.contract.columns
        if name not in sides.batch and name != RESCUED
    )


def _come(sides: Sides) -> list[str]:
    return [name for name in sides.known if name in sides.batch]

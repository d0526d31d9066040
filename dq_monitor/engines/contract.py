"""The contract of a pack as a pandera schema, held against a batch before a row is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import polars as pl

from dq_monitor.engines.pandera_api import pandera_polars
from dq_monitor.errors import ContractBroken
from dq_monitor.model.pack import ColumnContract, Contract, Evolution, OnExtra
from dq_monitor.model.types import column_type, type_name

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema

# Each type that a column may have beside the one promised: every value of the first is the same
# value in the second.
WIDER: Mapping[type[pl.DataType], tuple[pl.DataType, ...]] = {
    pl.Int8: (pl.Int16(), pl.Int32(), pl.Int64(), pl.Float32(), pl.Float64()),
    pl.Int16: (pl.Int32(), pl.Int64(), pl.Float32(), pl.Float64()),
    pl.Int32: (pl.Int64(), pl.Float64()),
    pl.UInt8: (pl.Int16(), pl.Int32(), pl.Int64(), pl.Float32(), pl.Float64()),
    pl.UInt16: (pl.Int32(), pl.Int64(), pl.Float32(), pl.Float64()),
    pl.UInt32: (pl.Int64(), pl.Float64()),
    pl.Float32: (pl.Float64(),),
}
STRICTNESS: Mapping[OnExtra, bool | Literal["filter"]] = {
    OnExtra.KEEP: False,
    OnExtra.DROP: "filter",
    OnExtra.REJECT: True,
}


def to_pandera(contract: Contract, name: str) -> DataFrameSchema:
    """Return the contract as a pandera schema, for this gate and for whoever else wants it.

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


def keep_contract(table: str, contract: Contract, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return the batch as the contract promises it; raise ContractBroken naming each difference.

    No row is read. Columns the contract does not name stay, go or are refused as `on_extra` says;
    nullable ones that the batch lacks are added as null; a narrower type is widened where no value
    can change by it. Under `strict` evolution none of this is done.
    """
    if not contract.columns:
        return frame
    frame = _widened(contract, frame)
    _refuse_renamed(table, contract, frame.collect_schema())
    schema = to_pandera(contract, table)
    from pandera.errors import SchemaError, SchemaErrors  # noqa: PLC0415 - see pandera_polars

    try:
        checked = schema.validate(frame, lazy=True)
    except (SchemaError, SchemaErrors) as error:
        raise _broken(table, contract, frame.collect_schema()) from error
    come = checked.collect_schema()
    return checked.with_columns(
        pl.lit(None, column_type(promise.type)).alias(name)
        for name, promise in contract.columns.items()
        if name not in come
    )


def _widened(contract: Contract, frame: pl.LazyFrame) -> pl.LazyFrame:
    if contract.evolution is Evolution.STRICT:
        return frame
    wanted = {name: column_type(promise.type) for name, promise in contract.columns.items()}
    come = frame.collect_schema()
    return frame.with_columns(
        pl.col(name).cast(wanted[name])
        for name, dtype in come.items()
        if name in wanted and wanted[name] in WIDER.get(type(dtype), ())
    ).cast({name: wanted[name] for name, t in come.items() if t == pl.Null and name in wanted})


def _refuse_renamed(table: str, contract: Contract, schema: pl.Schema) -> None:
    """Refuse a column that seems to go under another name: as null it would be lost silently."""
    if contract.evolution is not Evolution.ADDITIVE:
        return
    for name, promise in contract.columns.items():
        extra = [n for n, t in schema.items() if _may_be(n, t, promise, contract)]
        if name not in schema and extra:
            raise ContractBroken(
                f"{table}: column {name!r} is missing and {extra[0]!r} is new and of the same type",
                fix=f"rename it to {name!r} in the step, or say `evolution: any` in the contract",
            )


def _may_be(name: str, dtype: pl.DataType, promise: ColumnContract, contract: Contract) -> bool:
    return name not in contract.columns and dtype == column_type(promise.type)


def _broken(table: str, contract: Contract, schema: pl.Schema) -> ContractBroken:
    """Say in a sentence each what pandera refused: its own report is a table for notebooks."""
    problems = []
    for name, promise in contract.columns.items():
        if name not in schema:
            if contract.evolution is Evolution.STRICT or not promise.nullable:
                problems.append(f"column {name!r} ({promise.type}) is missing")
        elif schema[name] != column_type(promise.type):
            problems.append(
                f"column {name!r} should be {promise.type} and is {type_name(schema[name])}"
            )
    if contract.on_extra is OnExtra.REJECT:
        problems += [
            f"column {n!r} is not in the contract" for n in schema if n not in contract.columns
        ]
    return ContractBroken(
        f"{table}: {'; '.join(problems)}",
        fix="cast, rename or drop the columns in the step, or change the contract in the pack",
    )

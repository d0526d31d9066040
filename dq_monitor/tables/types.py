"""What Delta Lake can store, and whether a batch fits the table that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import polars as pl
from deltalake import Field as DeltaField
from deltalake import Schema as DeltaSchema

from dq_monitor.errors import ContractBroken, TypeUnsupported
from dq_monitor.model.pack import Evolution
from dq_monitor.model.quarantine import OURS
from dq_monitor.model.table import Field

# Measured on delta-rs 1.6: these panic the writer, fail in it, or come back as something else.
REMEDIES: Mapping[type[pl.DataType], str] = {
    pl.Categorical: "cast it to String",
    pl.Enum: "cast it to String",
    pl.Null: "cast it to the type it should have",
    pl.Time: "cast it to String, or to Int64 nanoseconds",
    pl.Duration: "cast it to Int64 and name the unit in the column",
    pl.Int128: "cast it to Int64 or Decimal(38, 0)",
    pl.UInt128: "cast it to Decimal(38, 0)",
    pl.UInt64: "cast it to Int64 or Decimal(20, 0)",
    pl.UInt32: "cast it to Int64",
    pl.UInt16: "cast it to Int32",
    pl.UInt8: "cast it to Int16",
    pl.Object: "convert it to a typed column",
    pl.Unknown: "cast it to the type it should have",
}


def require_storable(table: str, schema: pl.Schema) -> None:
    """Raise TypeUnsupported for the columns that Delta Lake cannot hold without changing them."""
    if not schema:
        raise TypeUnsupported(f"{table}: the batch has no columns", fix="select at least one")
    ours = [name for name in schema if name.startswith(OURS)]
    if ours:
        raise ContractBroken(
            f"{table}: {', '.join(map(repr, ours))}: names that dq-monitor gives in quarantine",
            fix=f"leave them out: frame.drop(polars.selectors.starts_with({OURS!r}))",
        )
    seen: dict[str, str] = {}
    wrong = []
    for name, dtype in schema.items():
        if "\0" in name:
            wrong.append((f"column {name!r} has a NUL in its name", "rename it"))
        elif name.lower() in seen:
            wrong.append((f"columns {seen[name.lower()]!r} and {name!r}", "give them unlike names"))
        elif remedy := _remedy(dtype):
            wrong.append((f"column {name!r} has type {dtype}", remedy))
        seen[name.lower()] = name
    if wrong:
        detail = "; ".join(problem for problem, _ in wrong)
        fixes = "; ".join(dict.fromkeys(fix for _, fix in wrong))
        raise TypeUnsupported(f"{table}: {detail}", fix=fixes)


def delta_schema(schema: pl.Schema, required: Set[str] = frozenset()) -> DeltaSchema:
    """Return the schema in Delta's words; `required` are the columns that may hold no null."""
    found = DeltaSchema.from_arrow(schema)
    if not required:
        return found
    return DeltaSchema(
        [
            DeltaField(field.name, field.type, nullable=field.name not in required)
            for field in found.fields
        ]
    )


def fields_of(schema: DeltaSchema) -> tuple[Field, ...]:
    """Return the columns for people and lineage: nested types in Delta's own notation."""
    return tuple(
        Field(field.name, getattr(field.type, "type", str(field.type)), field.nullable)
        for field in schema.fields
    )


def reconcile(
    table: str,
    stored: DeltaSchema,
    batch: pl.Schema,
    evolution: Evolution,
    *,
    replaced: bool = False,
) -> Sequence[DeltaField]:
    """Return the columns that the batch adds to the table; raise ContractBroken if it does not fit.

    delta-rs would cast on append without a word (1.9 into a long becomes 1), so an unlike type is
    always refused, and under `strict` so are columns that appear or disappear. In a table whose
    rows are all `replaced` the new types take the place of the old.
    """
    have = {field.name: field for field in stored.fields}
    come = {field.name: field for field in delta_schema(batch).fields}
    problems = [
        f"column {name!r} is {_name(have[name])} in the table and {_name(field)} in the batch"
        for name, field in come.items()
        if name in have and have[name].type != field.type and not replaced
    ]
    added = [field for name, field in come.items() if name not in have]
    missing = [name for name in have if name not in come]
    if evolution is Evolution.STRICT:
        problems += [f"column {field.name!r} is new" for field in added]
        problems += [f"column {name!r} is missing" for name in missing]
    problems += [
        f"column {name!r} is missing and must not be null"
        for name in missing
        if not have[name].nullable
    ]
    if problems:
        raise ContractBroken(
            f"{table}: {'; '.join(problems)}",
            fix="cast or rename the columns in the step, or change the table's contract",
        )
    return added


def replacing(stored: DeltaSchema, batch: pl.Schema) -> DeltaSchema:
    """Return the table's schema with the types of a batch that takes the place of all rows."""
    come = {field.name: field for field in delta_schema(batch).fields}
    return DeltaSchema(
        [
            come[field.name] if come.get(field.name, field).type != field.type else field
            for field in stored.fields
        ]
    )


def fit(
    table: str,
    frame: pl.LazyFrame,
    stored: DeltaSchema,
    evolution: Evolution,
    *,
    replaced: bool = False,
) -> pl.LazyFrame:
    """Return the batch in the table's own column order; raise ContractBroken if it cannot go.

    What the batch lacks becomes null; columns that it adds come last.
    """
    come = frame.collect_schema()
    reconcile(table, stored, come, evolution, replaced=replaced)
    have = pl.Schema(stored.to_arrow())
    ordered = [
        pl.col(name) if name in come else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in have.items()
    ]
    return frame.select(*ordered, *(pl.col(name) for name in come if name not in have))


def _remedy(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List | pl.Array):
        return _remedy(dtype.inner) if isinstance(dtype.inner, pl.DataType) else ""
    if isinstance(dtype, pl.Struct):
        inner = [_remedy(f.dtype) for f in dtype.fields if isinstance(f.dtype, pl.DataType)]
        return next(filter(None, inner), "" if dtype.fields else "give the struct a field")
    if isinstance(dtype, pl.Datetime) and dtype.time_unit == "ns":
        zone = ", 'UTC'" if dtype.time_zone else ""
        return f"cast it to Datetime('us'{zone}): Delta keeps microseconds"
    if isinstance(dtype, pl.Datetime) and dtype.time_zone not in {None, "UTC"}:
        return "cast it to Datetime('us', 'UTC'): Delta keeps times in UTC"
    return next((fix for kind, fix in REMEDIES.items() if isinstance(dtype, kind)), "")


def _name(field: DeltaField) -> str:
    return str(getattr(field.type, "type", field.type))

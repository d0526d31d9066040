"""What a table demands of every batch, whatever its pack says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from dq_monitor.checks.not_in_set import NotInSet
from dq_monitor.checks.not_null import NotNull
from dq_monitor.errors import PipelineInvalid, TypeUnsupported
from dq_monitor.model.pack import Pack
from dq_monitor.model.rule import Limit, OnFail, Rule, Threshold
from dq_monitor.model.types import type_name
from dq_monitor.registry import suggest
from dq_monitor.tables.staging import NULL_PARTITION

NOT_NULL = "not_null"
FAILING = Threshold(over=Limit(0))
NO_VALUES = ("", NULL_PARTITION)


def requiring(pack: Pack, columns: Iterable[str]) -> Pack:
    """Return the pack with a `not_null` rule for the table's NOT NULL columns that have none.

    The commit itself checks nothing: a null would get into a table that says it holds none.
    """
    asked = {rule.columns for rule in pack.rules if rule.name == NOT_NULL and not rule.where}
    rules = [
        Rule(
            id=f"table.{NOT_NULL}.{name}",
            name=NOT_NULL,
            check=NotNull(column=name),
            error=FAILING,
            description="the stored table says that the column is not nullable",
        )
        for name in sorted(columns)
        if (name,) not in asked
    ]
    return replace(pack, rules=(*pack.rules, *rules)) if rules else pack


def parting(
    pack: Pack, partition_by: Iterable[str], schema: pl.Schema, on_fail: OnFail = OnFail.QUARANTINE
) -> Pack:
    """Return the pack with a rule for each text column that parts the table: its values are kept.

    Delta Lake stores an empty text as null there, after every rule has seen it as a text. Raises
    PipelineInvalid for a column that the batch has not, TypeUnsupported for one of a type that
    readers cannot take from the name of a folder.
    """
    rules = []
    for name in partition_by:
        if name not in schema:
            raise PipelineInvalid(
                f"{pack.table}: the batch has no column {name!r} to partition the table by",
                fix="correct partition_by in the table's pack or in the step:"
                f" {suggest(name, schema.names())}",
            )
        if schema[name].is_nested() or schema[name] == pl.Binary:
            raise TypeUnsupported(
                f"{pack.table}: partition_by names {name!r}, which is {type_name(schema[name])}",
                fix="partition by a text, a number, a date, a timestamp or a boolean",
            )
        if schema[name] == pl.String:
            description = "an empty text would become null: Delta Lake has none in partitions"
            rules.append(
                Rule(
                    id=f"partition_value.{name}",
                    name="not_in_set",
                    check=NotInSet(column=name, values=NO_VALUES),
                    error=FAILING,
                    on_fail=on_fail,
                    description=description,
                )
            )
    return replace(pack, rules=(*pack.rules, *rules)) if rules else pack

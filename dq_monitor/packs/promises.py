"""The rules that a contract brings with it: a column that must not be null is asked for values."""

from __future__ import annotations

from collections.abc import Iterator

from dq_monitor.model.pack import Pack
from dq_monitor.model.rule import Limit, Rule, Threshold
from dq_monitor.packs.catalog import Catalog

NOT_NULL = "not_null"


def promised(pack: Pack, catalog: Catalog) -> Iterator[Rule]:
    """Yield a `not_null` rule for each column that is not nullable and has none of its own."""
    if NOT_NULL not in catalog:
        return
    asked = {rule.columns for rule in pack.rules if rule.name == NOT_NULL and not rule.where}
    for name, column in pack.contract.columns.items():
        if not column.nullable and (name,) not in asked:
            yield Rule(
                id=f"contract.{NOT_NULL}.{name}",
                name=NOT_NULL,
                check=catalog[NOT_NULL].check(column=name),
                error=Threshold(over=Limit(0)),
                description="the contract says that the column is not nullable",
            )

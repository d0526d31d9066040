"""What the stored table demands of every batch, whatever its pack says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dq_monitor.checks.not_null import NotNull
from dq_monitor.model.pack import Pack
from dq_monitor.model.rule import Limit, Rule, Threshold

NOT_NULL = "not_null"


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
            error=Threshold(over=Limit(0)),
            description="the stored table says that the column is not nullable",
        )
        for name in sorted(columns)
        if (name,) not in asked
    ]
    return replace(pack, rules=(*pack.rules, *rules)) if rules else pack

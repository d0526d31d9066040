"""`schema_changed`: the columns are not those that they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dq_monitor.checks._base import Unread
from dq_monitor.checks._schema import ColumnTypes, is_one_of, moved, require_types, told, types_of
from dq_monitor.model.check import Family, Measure, Measures
from dq_monitor.model.types import type_name
from dq_monitor.model.view import View

Kind = Literal["added", "removed", "retyped", "reordered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaChanged(Unread):
    """The columns are not those that they were.

    The value is the number of differences between the batch, as it was delivered, and the stored
    table it goes into: columns that were added, removed, retyped, or that stand elsewhere among the
    others; `ignore` leaves some kinds out. With `baseline` the batch is held against these columns
    and types instead, written as for `column_type`. There is no value where no table is stored yet,
    nor, without a baseline, when a stored table is audited. It is answered without reading a row.

    Example:
        - schema_changed: {ignore: [reordered]}
          warn: {over: 0}

    """

    family: ClassVar[Family] = Family.SCHEMA
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    aliases: ClassVar[tuple[str, ...]] = ("schema_changes", "schema_changes_from_baseline")

    baseline: Annotated[
        ColumnTypes | None, Field(description="columns with their types, instead of the table's")
    ] = None
    ignore: Annotated[tuple[Kind, ...], Field(description="kinds that do not count")] = ()

    def __post_init__(self) -> None:
        """Refuse a name that is no type's."""
        require_types(self.baseline or ())

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of differences, and name them by kind."""
        before = self._before(view)
        if before is None:
            return Measure(None, "no table to compare with")
        now = types_of(view.schema if view.delivered is None else view.delivered)
        found: Mapping[str, list[str]] = {
            "added": [name for name in now if name not in before],
            "removed": [name for name in before if name not in now],
            "retyped": [
                f"{name} ({' or '.join(types)} to {type_name(now[name])})"
                for name, types in before.items()
                if name in now and not is_one_of(now[name], types)
            ],
            "reordered": moved(list(before), list(now)),
        }
        counted = {kind: names for kind, names in found.items() if kind not in self.ignore}
        return Measure(float(sum(map(len, counted.values()))), told(counted))

    def _before(self, view: View) -> Mapping[str, tuple[str, ...]] | None:
        if self.baseline is not None:
            return dict(self.baseline)
        if view.before is None:
            return None
        return {name: (type_name(dtype),) for name, dtype in types_of(view.before).items()}

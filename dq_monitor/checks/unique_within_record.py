"""`unique_within_record`: the values of several columns of one row differ."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Row, SeveralColumns
from dq_monitor.checks._counting import any_true
from dq_monitor.checks._parameters import SeveralNames
from dq_monitor.expression.comparison import compare
from dq_monitor.expression.types import COMPARABLE, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View

# Each is compared with each: 20 columns are 190 comparisons.
_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueWithinRecord(SeveralColumns, Row):
    """The values of several columns of one row differ.

    Passes where no two of `columns` hold the same value, fails where two do. Null and NaN are left
    out; unknown where fewer than two values are there. It takes 20 columns at most.

    Example:
        - unique_within_record: [origin, dest]

    """

    fault: ClassVar[str] = "duplicate"
    family: ClassVar[Family] = Family.UNIQUENESS
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_select_column_values_to_be_unique_within_record",
        "expect_multicolumn_values_to_be_unique",
    )

    names: Annotated[SeveralNames, Field(max_length=_MOST)]

    def passes(self, view: View) -> nw.Expr:
        """Return whether no pair of values is equal."""
        values = [
            column(view, name, COMPARABLE, asked_by="unique_within_record") for name in self.names
        ]
        same = [compare("=", one, other, view).expr for one, other in combinations(values, 2)]
        return nw.when(any_true([~pair.is_null() for pair in same])).then(~any_true(same))

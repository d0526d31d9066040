"""`zscore`: a value lies within some standard deviations of the mean."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from dq_monitor.checks._base import Alone, OneColumn, Set
from dq_monitor.checks._keys import Keys
from dq_monitor.checks._outliers import check_groups, compared
from dq_monitor.checks._parameters import By, Number
from dq_monitor.model.check import Family, Stored

_ROUNDING = 4 * sys.float_info.epsilon


@dataclass(frozen=True, slots=True, kw_only=True)
class Zscore(OneColumn, Alone, Set):
    """A value lies within some standard deviations of the mean.

    Passes where `abs(value - mean) <= limit * deviation`, fails beyond, unknown where the value or
    a part of `by` is null or NaN. Mean and sample deviation are those of the batch, of each group
    of `by` for itself; what is stored already does not count. Where all values are equal none
    fails. Infinite values fail and are no part of the mean, nor are those beyond 1e150. A wild
    value widens the deviation by which it is judged: among n values none lies further out than
    (n - 1) / sqrt(n), so with a limit of 3 fewer than 11 values all pass. `mad_outliers` and
    `iqr_outliers` do not have that.

    Example:
        - zscore: {column: dep_delay, limit: 6, by: carrier}
          warn: {over: 0.5%}

    """

    fault: ClassVar[str] = "outlier"
    family: ClassVar[Family] = Family.DISTRIBUTION
    stored: ClassVar[Stored] = Stored.NONE
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_value_z_scores_to_be_less_than",
        "expect_column_values_to_be_within_n_stdevs",
    )

    limit: Annotated[Number, Field(gt=0, description="deviations that still pass")] = 3
    by: By = ()

    def __post_init__(self) -> None:
        """Refuse groups by the value itself."""
        check_groups(self.by, self.column)

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the groups, and the value."""
        return (*self.by, self.column)

    def failing(self, keys: Keys, others: Keys | None) -> Keys:  # noqa: ARG002 - the protocol's
        """Return the values that lie too far out."""
        rows = compared(keys, self.by, self.column, "zscore")
        value, mean, square = rows.of("value"), rows.of("mean"), rows.of("square")
        rows = rows.beside(mean=value.mean(), count=value.count())
        rows = rows.having(square=(value - mean) * (value - mean)).beside(squares=square.sum())
        # The deviation's own formula, without its division and root: not every engine divides.
        freedom, squares = rows.of("count") - 1, rows.of("squares")
        scatters = squares > freedom * (mean * mean * _ROUNDING**2)
        return rows.failing(scatters & (square * freedom > squares * float(self.limit) ** 2))

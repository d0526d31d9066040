"""`iqr_outliers`: a value lies within Tukey's fences around the middle half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from dq_monitor.checks._base import Alone, OneColumn, Set
from dq_monitor.checks._keys import Keys
from dq_monitor.checks._outliers import check_groups, compared
from dq_monitor.checks._parameters import By, Number
from dq_monitor.model.check import Family, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class IqrOutliers(OneColumn, Alone, Set):
    """A value lies within Tukey's fences around the middle half.

    Passes where `q1 - k * (q3 - q1) <= value <= q3 + k * (q3 - q1)`, fails outside, unknown where
    the value or a part of `by` is null or NaN. The quartiles q1 and q3 are those of the batch, of
    each group of `by` for itself, by linear interpolation; what is stored already does not count.
    Where the middle half of the values is equal every other value fails. Infinite values fail and
    are no part of the quartiles, nor are those beyond 1e150.

    Example:
        - iqr_outliers: {column: air_time, k: 3, by: [origin, dest]}
          warn: {over: 1%}

    """

    fault: ClassVar[str] = "outlier"
    family: ClassVar[Family] = Family.DISTRIBUTION
    stored: ClassVar[Stored] = Stored.NONE
    aliases: ClassVar[tuple[str, ...]] = ("is_inside_interquartile_range", "tukey_fences")

    k: Annotated[Number, Field(ge=0, description="interquartile ranges beyond the quartiles")] = 1.5
    by: By = ()

    def __post_init__(self) -> None:
        """Refuse groups by the value itself."""
        check_groups(self.by, self.column)

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the groups, and the value."""
        return (*self.by, self.column)

    def failing(self, keys: Keys, others: Keys | None) -> Keys:  # noqa: ARG002 - the protocol's
        """Return the values that lie outside the fences."""
        rows = compared(keys, self.by, self.column, "iqr_outliers")
        value, low, high = rows.of("value"), rows.of("low"), rows.of("high")
        at = {"low": 0.25, "high": 0.75}
        quartiles = {name: value.quantile(q, interpolation="linear") for name, q in at.items()}
        reach = (high - low) * float(self.k)
        wrong = (value < low - reach) | (value > high + reach)
        return rows.beside(**quartiles).failing(wrong)

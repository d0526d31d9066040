"""`mad_outliers`: a value lies within some median absolute deviations of the median."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, OneColumn, Set
from dq_monitor.checks._keys import Keys
from dq_monitor.checks._outliers import check_groups, compared
from dq_monitor.checks._parameters import By, Number
from dq_monitor.checks._robust import MAD_TO_SD, MEAN_TO_SD
from dq_monitor.model.check import Family, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class MadOutliers(OneColumn, Alone, Set):
    """A value lies within some median absolute deviations of the median.

    Passes where `abs(value - median) <= limit * spread`, fails beyond, unknown where the value or a
    part of `by` is null or NaN. The spread is 1.4826 times the median of the distances from the
    median, which is the standard deviation where values scatter normally, and which wild values
    cannot widen; where more than half of the values are equal it is 1.2533 times the mean distance,
    and where all are equal none fails. The values are those of the batch, of each group of `by` for
    itself; what is stored already does not count. Infinite values fail and are no part of the
    spread, nor are those beyond 1e150.

    Example:
        - mad_outliers: {column: air_time, limit: 10, by: [origin, dest]}
          warn: {over: 0.5%}

    """

    fault: ClassVar[str] = "outlier"
    family: ClassVar[Family] = Family.DISTRIBUTION
    stored: ClassVar[Stored] = Stored.NONE
    aliases: ClassVar[tuple[str, ...]] = ("has_no_outliers", "has_no_aggr_outliers")

    limit: Annotated[Number, Field(gt=0, description="robust deviations that still pass")] = 3.5
    by: By = ()

    def __post_init__(self) -> None:
        """Refuse groups by the value itself."""
        check_groups(self.by, self.column)

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the groups, and the value."""
        return (*self.by, self.column)

    def failing(self, keys: Keys, others: Keys | None) -> Keys:  # noqa: ARG002 - the protocol's
        """Return the values that lie too far out."""
        rows = compared(keys, self.by, self.column, "mad_outliers")
        value, middle, distance = rows.of("value"), rows.of("middle"), rows.of("distance")
        rows = rows.beside(middle=value.median()).having(distance=(value - middle).abs())
        rows = rows.beside(median=distance.median(), mean=distance.mean())
        median, mean = rows.of("median"), rows.of("mean")
        spread = nw.when(median > 0).then(median * MAD_TO_SD).otherwise(mean * MEAN_TO_SD)
        return rows.failing((spread > 0) & (distance > spread * float(self.limit)))

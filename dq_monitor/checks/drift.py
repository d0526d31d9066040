"""`drift`: how far the distribution of a column lies from the one it had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks import _samples
from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._distances import ORDERED, Method, distance
from dq_monitor.checks._distribution import MOST_BINS, Baseline
from dq_monitor.checks._elsewhere import Target
from dq_monitor.checks._parameters import Integer
from dq_monitor.model.check import Aggregate, Family, Measure, Reference
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift(OneColumn, Table):
    """How far the distribution of a column lies from the one it had.

    The value is a distance between the shares p that the bins have now and the shares q of the
    baseline, 0 where they are the same; nulls and NaN are in no bin. The baseline stands in the
    pack (`baseline`, of numbers with edges or of texts with categories) or is another table's
    column as it is now (`against`), whose numbers make `bins` bins of about equal shares.

    `method: psi` is the population stability index, the sum of (p - q) * ln(p / q): above 0.1 is
    often called a change, above 0.25 a large one. `kl` is the divergence of p from q, the sum of
    p * ln(p / q). `jensen_shannon` is the root of that divergence from the middle of both, with
    log2, so from 0 to 1. `chi_square` is the sum of (p - q)**2 / q, Pearson's statistic for each
    row. A share q below 0.0001 counts as 0.0001 in `psi`, `kl` and `chi_square`, a share p in
    `psi`. For numbers only, `ks` is the largest difference between both cumulative distributions (0
    to 1) and `wasserstein` the area between them, in the column's unit: against a baseline in bins
    both are read at its edges, against another table they are those of the values themselves.
    There is no value where either side has none.

    Example:
        - drift: {column: origin, baseline: {categories: {EWR: 0.36, JFK: 0.33, LGA: 0.31}}}
          warn: {over: 0.1}

    """

    family: ClassVar[Family] = Family.DISTRIBUTION
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_kl_divergence_to_be_less_than",
        *("distribution_difference", "has_no_drift"),
    )

    method: Annotated[Method, Field(description="which distance")] = "psi"
    baseline: Annotated[Baseline | None, Field(description="the distribution it had")] = None
    against: Annotated[
        Target | None,
        Field(description="the column it is held against, after its table and a dot"),
    ] = None
    bins: Annotated[
        Integer, Field(ge=2, le=MOST_BINS, description="bins made of the numbers of `against`")
    ] = 10

    def __post_init__(self) -> None:
        """Refuse two baselines or none, and an order of texts."""
        if (self.baseline is None) == (self.against is None):
            raise ValueError("drift needs either baseline or against")
        if self.baseline and self.baseline.categories and self.method in ORDERED:
            raise ValueError(f"{self.method} needs an order: categories have none, use psi")

    def reference(self) -> Reference | None:
        """Return the table and column of `against`."""
        if self.against is None:
            return None
        table, _, name = self.against.rpartition(".")
        return Reference(table, (name,))

    def reduces(self, view: View) -> bool:  # noqa: ARG002 - the protocol's
        """Say whether one select answers: the bins are known beforehand."""
        return self.baseline is not None

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the counts of the baseline's bins."""
        return self.baseline.parts(view, self.column) if self.baseline else {}

    def query(
        self, rows: nw.LazyFrame[Any], others: nw.LazyFrame[Any] | None, view: View
    ) -> nw.LazyFrame[Any]:
        """Return the counts of both sides, or what the method makes of them."""
        reference = self.reference()
        if reference is None or others is None:
            return rows.select(**{n: part.expr for n, part in self.aggregates(view).items()})
        sides = _samples.Sides.of(rows, others, view, self.column, reference)
        return sides.query(self.method, self.bins)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the distance."""
        if self.baseline is None:
            return _samples.measure(self.method, state, self.against or "")
        count = int(state["count"] or 0)
        if not count:
            return Measure(None, "no values")
        now, then = self.baseline.now(state), self.baseline.then
        value = distance(self.method, now, then, self.baseline.edges)
        return Measure(value, f"{self.method} of {count:,} values against the baseline")

"""The distribution that a column had, as a pack writes it, and how rows are counted by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field

from dq_monitor.checks._counting import count_of
from dq_monitor.checks._numbers import number
from dq_monitor.checks._parameters import CLOSED, Number, finite
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Aggregate
from dq_monitor.model.view import View

MOST_BINS = 200
# Shares are written rounded.
_TOLERANCE = 0.01


def _paired(value: object) -> object:
    """Return a mapping as pairs, which a check can be hashed with."""
    if not isinstance(value, Mapping):
        raise ValueError("takes a mapping from each text to its share")  # noqa: TRY004 - pydantic reads ValueError
    for text, share in value.items():
        if isinstance(share, bool) or not isinstance(share, int | float) or share < 0:
            raise ValueError(f"the share of {text!r} must be a number from 0 to 1, not {share!r}")
    return tuple(value.items())


Categories = Annotated[
    tuple[tuple[str, Number], ...],
    Field(max_length=MOST_BINS),
    BeforeValidator(_paired, json_schema_input_type=dict[str, Number]),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The distribution that a column had: of numbers by `edges` and `shares`, of texts by category.

    Bins go from one edge to the next, the lower edge belongs to them; what lies outside all of them
    counts in the first or last. A text that is no category is one of the rest, whose share is what
    the categories leave of 1.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    edges: Annotated[
        tuple[Number, ...],
        Field(
            max_length=MOST_BINS + 1, description="where the bins begin, and where the last ends"
        ),
    ] = ()
    shares: Annotated[
        tuple[Annotated[Number, Field(ge=0)], ...],
        Field(max_length=MOST_BINS, description="the part of the values in each bin, 1 together"),
    ] = ()
    categories: Annotated[
        Categories, Field(description="the part of the rows that each text takes")
    ] = ()

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        if bool(self.categories) == bool(self.edges):
            raise ValueError("baseline needs either edges and shares, or categories")
        parts = self.shares if self.edges else tuple(part for _, part in self.categories)
        for part in (*self.edges, *parts):
            finite(part, "baseline")
        if self.edges:
            self._check_edges()
        if sum(parts) > 1 + _TOLERANCE or (self.edges and sum(parts) < 1 - _TOLERANCE):
            raise ValueError(f"the shares of the baseline sum to {sum(parts):g}, not to 1")

    def _check_edges(self) -> None:
        if len(self.shares) != len(self.edges) - 1 or not self.shares:
            raise ValueError(
                f"baseline has {len(self.edges)} edges and {len(self.shares)} shares: "
                "there is one share between each two edges"
            )
        if any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError("the edges of the baseline must grow")

    @property
    def then(self) -> list[float]:
        """Return the share of each bin, of the rest last where there are categories."""
        if self.edges:
            total = sum(self.shares)
            return [share / total for share in self.shares]
        parts = [float(part) for _, part in self.categories]
        total = max(1.0, sum(parts))
        return [*(part / total for part in parts), max(0.0, 1 - sum(parts) / total)]

    def parts(self, view: View, name: str) -> dict[str, Aggregate]:
        """Return how many values there are, and how many below each inner edge or of each text."""
        if self.edges:
            value = number(view, name, "drift by edges")
            counted = [value < float(edge) for edge in self.edges[1:-1]]
        else:
            value = column(view, name, {Type.STRING}, asked_by="drift by categories").expr
            counted = [value == category for category, _ in self.categories]
        counts = {f"bin_{n}": Aggregate(count_of(each)) for n, each in enumerate(counted)}
        return {"count": Aggregate(value.count()), **counts}

    def now(self, state: Mapping[str, Any]) -> list[float]:
        """Return the share of each bin among the values that `parts` counted."""
        total = int(state["count"])
        found = [int(state[f"bin_{number}"] or 0) for number in range(len(state) - 1)]
        if self.edges:
            return shares_of([*found, total])
        return [count / total for count in (*found, total - sum(found))]


def shares_of(below: list[int]) -> list[float]:
    """Return the share of each bin from how many values lie below its end; the last is of all."""
    total = below[-1]
    return [(end - start) / total for start, end in pairwise([0, *below])]

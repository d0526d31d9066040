"""`pandera_rows`: a check of an installed pandera model says yes of a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.checks._base import OneColumn, Set
from dq_monitor.checks._keys import Keys, known
from dq_monitor.checks._pandera import CheckName, CheckNumber, ModelName, answers, find_check
from dq_monitor.model.check import Family, Stored

_SAID = "said"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanderaRows(OneColumn, Set):
    """A check of an installed pandera model says yes of a value.

    For checks of a `DataFrameModel` that are code, and that answer for each row by its value alone:
    passes where pandera's check is true, fails where it is false, unknown where the value is null
    or NaN. A check that answers twice of one value in two ways depends on other rows, and is an
    error here: `pandera_table` asks it. `contract: {model: ...}` makes these rules by itself. It
    runs on Polars alone.

    Example:
        - pandera_rows: {model: Flights, column: flight, check: is_odd}

    """

    fault: ClassVar[str] = "pandera says no"
    family: ClassVar[Family] = Family.VALUES
    shorthand: ClassVar[str] = ""
    stored: ClassVar[Stored] = Stored.NONE
    engines: ClassVar[tuple[str, ...]] = ("polars",)

    model: ModelName
    check: CheckName
    number: CheckNumber = None

    def __post_init__(self) -> None:
        """Refuse a model or check that is not installed."""
        find_check(self.model, self.column, self.check, self.number)

    def reference(self) -> None:
        """Return nothing: pandera reads one frame."""

    def failing(self, keys: Keys, others: Keys | None) -> Keys:  # noqa: ARG002 - the protocol's
        """Return the values of which pandera says no; it is asked at once and by itself."""
        rows: pl.DataFrame = known(keys, (self.column,)).to_native().collect(engine="streaming")
        check = find_check(self.model, self.column, self.check, self.number)
        said = answers(check, rows.lazy(), self.column)
        if said.len() != rows.height:
            raise ValueError(f"check {self.check!r} of pandera does not answer for each row")
        return nw.from_native(self._told(rows[self.column], said).lazy())

    def _told(self, values: pl.Series, said: pl.Series) -> pl.DataFrame:
        """Return the distinct values of which pandera says no; refuse it when it says both."""
        rows = pl.DataFrame({"value": values, _SAID: said})
        bad = rows.filter(~pl.col(_SAID)).select("value").unique()
        good = rows.filter(pl.col(_SAID)).select("value")
        if not bad.join(good, on="value", how="semi").is_empty():
            raise ValueError(
                f"check {self.check!r} of pandera depends on other rows: use pandera_table"
            )
        return bad.rename({"value": self.column})

"""What the loader knows of each check: its kind, its parameters and what may stand beside it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from dq_monitor.model.check import AnyCheck, Check, Family, Kind, Measures
from dq_monitor.packs.options import Options, options_of
from dq_monitor.packs.validate import Shape, shape_of_check
from dq_monitor.registry import plugs

CHECKS = "dq_monitor.checks"
ANCHOR = "Example:"


@dataclass(frozen=True, slots=True)
class CheckType:
    """One check of the catalog. `shorthand` is the parameter that a bare value stands for.

    `aliases` are the names that other tools give it; `engines` those that run it, empty for all;
    `family` is where people look for it.
    """

    name: str
    check: type
    kind: Kind
    options: type[Options]
    shorthand: str = ""
    each: bool = False
    measures: Measures = Measures.VALUE
    family: Family = Family.VALUES
    aliases: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    reads_rows: bool = True

    @property
    def shape(self) -> Shape[AnyCheck]:
        """Return the check's typed model; made when first asked for, as a pack uses few checks."""
        return shape_of_check(self.check)

    @property
    def doc(self) -> str:
        """Return the check's own description."""
        return inspect.cleandoc(self.check.__doc__ or "")

    @property
    def prose(self) -> str:
        """Return the description without its example."""
        return self.doc.partition(ANCHOR)[0].strip()

    @property
    def summary(self) -> str:
        """Return the first sentence of the description."""
        paragraph = " ".join(self.doc.partition("\n\n")[0].split())
        return f"{paragraph.partition('. ')[0].rstrip('.')}."

    @property
    def example(self) -> str:
        """Return the rule that the description shows, as YAML."""
        return inspect.cleandoc(f"\n{self.doc.partition(ANCHOR)[2]}")

    @property
    def example_line(self) -> str:
        """Return the line of the example that names the check."""
        return self.example.partition("\n")[0].removeprefix("- ")

    @property
    def needs_threshold(self) -> bool:
        """Say whether `warn` or `error` must be given, as no count of failures is there to trip."""
        measured = self.kind in {Kind.TABLE, Kind.HISTORY}
        return measured and self.measures is not Measures.VIOLATIONS

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return each parameter's JSON schema."""
        return self.shape.fields

    @property
    def required(self) -> tuple[str, ...]:
        """Return the parameters that must be given."""
        return tuple(self.shape.schema.get("required", ()))


Catalog = Mapping[str, CheckType]


def catalog(checks: Mapping[str, type] | None = None) -> Catalog:
    """Return the catalog of `checks`; of all that are installed when none are given."""
    known = plugs(CHECKS) if checks is None else checks
    return {name: _check_type(name, check) for name, check in known.items()}


@cache
def _check_type(name: str, check: type) -> CheckType:
    kind, reads_rows = cast("type[Check]", check).kind, getattr(check, "reads_rows", True)
    measures = Measures(getattr(check, "measures", Measures.VALUE))
    return CheckType(
        name=name,
        check=check,
        kind=kind,
        options=options_of(kind, measures, reads_rows=reads_rows),
        shorthand=getattr(check, "shorthand", ""),
        each=getattr(check, "each", False),
        measures=measures,
        family=Family(getattr(check, "family", Family.VALUES)),
        aliases=getattr(check, "aliases", ()),
        engines=getattr(check, "engines", ()),
        reads_rows=reads_rows,
    )

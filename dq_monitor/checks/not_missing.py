"""`not_missing`: a value is there, and none of the stand-ins for a missing one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import Scalar, finite
from dq_monitor.checks._texts import WHITE_SPACE, trimmed
from dq_monitor.expression.comparison import is_in
from dq_monitor.expression.types import NUMBERS, TIMES, Type, column, constant
from dq_monitor.model.check import Family
from dq_monitor.model.view import View

_NUMBERS = (-999, -9999, -99999)
_TEXTS = (
    *("", "-", "--", "?", ".", "n/a", "na", "#n/a", "n.a.", "nan", "null", "nil", "none"),
    *("undefined", "unknown", "missing", "-999", "-9999", "-99999"),
)
_DAYS = ("1900-01-01", "9999-12-31")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMissing(OneColumn, Row):
    """A value is there, and none of the stand-ins for a missing one.

    Passes where the column has a value, fails where it is null, NaN or one of `values`. The answer
    is never unknown. Texts are compared without regard to case and to white space around them.
    Without `values` the stand-ins are, for texts, an empty or blank one, `-`, `--`, `?`, `.`,
    `n/a`, `na`, `#n/a`, `n.a.`, `nan`, `null`, `nil`, `none`, `undefined`, `unknown`, `missing`,
    `-999`, `-9999` and `-99999`; for numbers -999, -9999 and -99999; for dates and timestamps
    1900-01-01 and 9999-12-31. Name them yourself where one of these means something: NA is Namibia.

    Example:
        - not_missing: {column: tailnum, values: ["", N/A, UNKNOWN]}

    """

    fault: ClassVar[str] = "missing"
    family: ClassVar[Family] = Family.COMPLETENESS
    each: ClassVar[bool] = True

    values: Annotated[
        tuple[Scalar, ...],
        Field(description="what stands for a missing value; the default is listed above"),
    ] = ()

    def __post_init__(self) -> None:
        """Refuse values that nothing can equal."""
        for value in self.values:
            finite(value, "a value")

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value is there and no stand-in."""
        value = column(view, self.column)
        there = ~value.expr.is_null()
        stand_ins = self.values or _defaults(value.type)
        if not stand_ins or value.type is Type.NULL:
            return there
        if value.type is Type.STRING:
            value = replace(value, expr=trimmed(value.expr, view).str.to_lowercase())
            stand_ins = tuple(_plain(member) for member in stand_ins)
        found = is_in(value, [constant(member) for member in stand_ins], view).expr
        return there & ~found.fill_null(value=False)


def _defaults(kind: Type) -> tuple[bool | float | str, ...]:
    if kind in NUMBERS:
        return _NUMBERS
    if kind in TIMES:
        return _DAYS
    return _TEXTS if kind is Type.STRING else ()


def _plain(member: Scalar) -> Scalar:
    return member.strip(WHITE_SPACE).lower() if isinstance(member, str) else member

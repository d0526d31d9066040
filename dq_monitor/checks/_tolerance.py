"""How much two numbers may differ and still count as the same: an amount, or a share."""

from __future__ import annotations

import math
import re
import sys
from typing import Annotated

import narwhals.stable.v2 as nw
from pydantic import Field, Strict

from dq_monitor.checks._parameters import Number

LARGEST = sys.float_info.max
# From here on a float of 64 bits has no digit left for a fraction.
COARSE = 2.0**52
_SHARE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?%", re.ASCII)

Tolerance = Annotated[
    Annotated[Number, Field(ge=0)]
    | Annotated[str, Strict(), Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})? ?%$")],
    Field(
        description="the difference that is none yet: an amount, or a share of the larger one",
        examples=[0, 0.01, "1%"],
    ),
]


def check_tolerance(tolerance: float | str) -> None:
    """Refuse what is neither an amount nor a share."""
    if isinstance(tolerance, float) and not math.isfinite(tolerance):
        raise ValueError("tolerance must be a finite number")


def tolerated(tolerance: float | str, one: float, other: float) -> bool:
    """Say whether two numbers count as the same."""
    share = _share(tolerance)
    if share is None:
        return abs(one - other) <= float(tolerance)
    return abs(one - other) <= share * max(abs(one), abs(other))


def tolerated_between(tolerance: float | str, low: nw.Expr, high: nw.Expr) -> nw.Expr:
    """Return whether two numbers count as the same, of which `low` is not above `high`."""
    share = _share(tolerance)
    if share is None:
        return (high - low) <= float(tolerance)
    larger = nw.max_horizontal(low.abs(), high.abs())
    return (high - low) <= larger * share


def _share(tolerance: float | str) -> float | None:
    found = _SHARE.fullmatch(tolerance) if isinstance(tolerance, str) else None
    return float(found[1]) / 100 if found else None


def near(tolerance: float | str, one: nw.Expr, other: nw.Expr) -> nw.Expr:
    """Return whether two floats count as the same; infinity is near to nothing but itself."""
    share = _share(tolerance)
    larger = nw.max_horizontal(one.abs(), other.abs())
    return within(one, other, nw.lit(float(tolerance)) if share is None else larger * share)


def within(one: nw.Expr, other: nw.Expr, allowed: nw.Expr) -> nw.Expr:
    """Return whether two floats differ by no more than what is allowed."""
    difference = (one - other).abs()
    finite = difference <= LARGEST
    return (one == other) | ((difference <= allowed) & finite)

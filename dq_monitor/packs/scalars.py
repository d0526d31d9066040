"""Says what a bare word in YAML is: nothing, true/false, a number or text, by the core schema.

YAML 1.1's further guesses are where rules go wrong in silence: `NO` (Norway) as false, `12:30:00`
as 45000, `2013-01-31` as a date object. Here they all stay text.
"""

from __future__ import annotations

import math
import re

Scalar = None | bool | int | float | str

NOTHING = {"", "~", "null", "Null", "NULL"}
TRUTH = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
WHOLE = re.compile(r"[-+]?[0-9]+")
BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
REAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
ENDLESS = re.compile(r"([-+]?)\.(inf|Inf|INF)")
NOT_A_NUMBER = {".nan", ".NaN", ".NAN"}
LONGEST_NUMBER = 400
BITS = 63


def resolve(text: str) -> Scalar:
    """Return the value of the unquoted `text`; raise ValueError for a number that is none."""
    if text in NOTHING:
        return None
    if text in TRUTH:
        return TRUTH[text]
    if text in NOT_A_NUMBER:
        return math.nan
    if endless := ENDLESS.fullmatch(text):
        return -math.inf if endless[1] == "-" else math.inf
    if len(text) > LONGEST_NUMBER:
        return text
    return _number(text)


def _number(text: str) -> Scalar:
    if WHOLE.fullmatch(text):
        if text.lstrip("+-").startswith("0") and text.lstrip("+-") != "0":
            raise ValueError(
                f"{text} begins with 0: put it in quotes if it is text, "
                f"write {int(text)} if it is a number"
            )
        return _fits(int(text), text)
    if BASED.fullmatch(text):
        return _fits(int(text, 0), text)
    if REAL.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise ValueError(f"{text} is too large for a number: leave the bound out instead")
        return number
    return text


def _fits(number: int, text: str) -> int:
    if not -(2**BITS) <= number < 2**BITS:
        raise ValueError(
            f"{text[:40]} does not fit into a 64-bit integer: put it in quotes if it is text"
        )
    return number

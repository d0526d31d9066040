"""Numbers that end in a check digit, and how it is worked out.

The arithmetic is the same for an expression, as databases run it, and for a column of values, as
Polars does: there each step is done once, and only for the texts that look right.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.checks._batches import Function, by_batch
from dq_monitor.checks._format_codes import IBANS
from dq_monitor.checks._patterns import group, whole
from dq_monitor.model.check import View

Text = TypeVar("Text", nw.Expr, nw.Series[Any])


@dataclass(frozen=True, slots=True)
class Numbering:
    """A kind of number: what it looks like without the characters to `skip`, and its check.

    `holds` is told the engine, and only asked of texts that `pattern` fits as a whole; in databases
    those that `safe` fits, which is shorter where `pattern` is long: it is written many times.
    """

    pattern: str
    holds: Callable[[Any, str], Any]
    skip: str = ""
    safe: str = ""


def is_valid(view: View, column: str, text: nw.Expr, name: str) -> nw.Expr:
    """Return whether a text is a number of the kind `name`, with the right check digit."""
    kind = NUMBERINGS[name]
    made = by_batch(view, column, name, _of_column(kind))
    if made is not None:
        return made
    number = text.str.replace_all(kind.skip, "") if kind.skip else text
    fits = whole(number, kind.pattern, view)
    # Null instead of other texts: an engine may convert to numbers before it looks at what fits.
    safe = whole(number, kind.safe, view) if kind.safe else fits
    found: nw.Expr = kind.holds(nw.when(safe).then(number), view.engine)
    return fits & found


def _of_column(kind: Numbering) -> Function:
    def answers(texts: pl.Series) -> pl.Series:
        numbers = texts.str.replace_all(kind.skip, "") if kind.skip else texts
        return among(numbers, f"^(?:{kind.pattern})$", lambda found: kind.holds(found, "polars"))

    return answers


def among(texts: pl.Series, pattern: str, holds: Callable[[Any], Any]) -> pl.Series:
    """Return for which texts both hold; the second is only asked of those that `pattern` fits."""
    fits = texts.str.contains(pattern)
    found: pl.Series = holds(nw.from_native(texts.filter(fits), series_only=True)).to_native()
    return fits.scatter(fits.arg_true(), found)


# Engines are sent an expression as a query, in which each step is written out as often as it is
# read: what follows reads a number once for each digit, and pads it where that costs least.


def luhn(number: Text, engine: str) -> Text:
    """Say whether up to 20 digits add up to tens, every second from the right counted twice."""
    pairs = _pairs(_padded(number, engine, "0" * 8), 20)
    # A doubled digit above 4 has two digits, which count 9 less than it.
    high = ((first >= "5").cast(nw.Int64) * 9 for first, _ in pairs)
    doubled = (_number(first) * 2 + _number(second) for first, second in pairs)
    return (_total(doubled) - _total(high)) % 10 == 0


def gtin(number: Text, engine: str) -> Text:
    """Say whether 8 to 14 digits add up to tens, every second from the right counted thrice."""
    pairs = _pairs(_padded(number, engine, "0" * 6), 14)
    return _total(_number(first) * 3 + _number(second) for first, second in pairs) % 10 == 0


def isbn_10(number: Text) -> Text:
    """Say whether ten digits, the last perhaps an X for 10, weighted 10 to 1 add up to elevens."""
    last = number.str.slice(9, 1).str.replace_all("X", "10", literal=True)
    weighted = [_number(number.str.slice(place, 1)) * (10 - place) for place in range(9)]
    return (_total(weighted) + _number(last)) % 11 == 0


def isbn(number: Text, engine: str) -> Text:
    """Say whether the check digit of an ISBN of 10 or 13 digits is right."""
    # Each is asked of every text: one of the other length becomes a number that holds.
    short = number.str.replace_all("^[0-9]{13}$", "0000000000")
    long = number.str.replace_all("^[0-9]{9}[0-9X]$", "0000000000000")
    return isbn_10(short) & gtin(long, engine)


def mod_97(iban: Text, engine: str) -> Text:
    """Say whether an IBAN as a number, its first four characters put last, leaves 1 by 97."""
    first, second = group(engine, 1), group(engine, 2)
    number = iban.str.replace_all("^([A-Z0-9]{4})([A-Z0-9]+)$", f"{second}{first}")
    # A is 10 and Z is 35: first the tens before each letter, then its ones. One step for each
    # letter would be more than Spark's messages may nest.
    for tens, letters in (("1", "[A-J]"), ("2", "[K-T]"), ("3", "[U-Z]")):
        number = number.str.replace_all(f"({letters})", f"{tens}{first}")
    for ones, letters in enumerate(_BY_ONES):
        number = number.str.replace_all(f"[{letters}]", str(ones))
    # What leaves 1 does so with 95 behind it, and nothing else does: 100 x + 95 is 3 x - 2 by 97.
    padded = _padded(number, engine, "95" * 29)
    # 18 digits fit 64 bits; those before them count 10**18 times as much.
    parts = [_number(padded.str.slice(54 - at, 18)) % 97 * pow(10, at, 97) for at in _QUARTERS]
    return _total(parts) % 97 == 1


_BY_ONES = ("AKU", "BLV", "CMW", "DNX", "EOY", "FPZ", "GQ", "HR", "IS", "JT")
_QUARTERS = range(0, 72, 18)


def _padded(number: Text, engine: str, behind: str) -> Text:
    """Return a number of an even count of digits, by a 0 before it, and `behind` after it."""
    even = number.str.replace_all("^([0-9](?:[0-9]{2})*)$", f"0{group(engine, 1)}")
    if isinstance(even, nw.Series):
        return even + behind
    return nw.concat_str(even, nw.lit(behind))


def _pairs(number: Text, digits: int) -> list[tuple[Text, Text]]:
    return [
        (number.str.slice(place, 1), number.str.slice(place + 1, 1))
        for place in range(0, digits, 2)
    ]


def _number(text: Text) -> Text:
    return text.cast(nw.Int64)


def _total(parts: Iterable[Text]) -> Text:
    total: Text = reduce(operator.add, parts)
    return total


def _iban(entry: str) -> str:
    """Return the pattern of one country's numbers: `FR10n11c2n` says its kinds of characters."""
    account = re.sub("[0-9]+[nac]", lambda part: f"{_KINDS[part[0][-1]]}{{{part[0][:-1]}}}", entry)
    return f"{entry[:2]}[0-9]{{2}}{account[2:]}"


_KINDS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}


NUMBERINGS = {
    "credit_card": Numbering("[0-9]{12,19}", luhn, "[ -]"),
    "ean": Numbering("[0-9]{8}|[0-9]{12,14}", gtin),
    "iban": Numbering("|".join(map(_iban, IBANS)), mod_97, " ", "[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}"),
    "isbn": Numbering("[0-9]{9}[0-9X]|97[89][0-9]{10}", isbn, "[ -]"),
}

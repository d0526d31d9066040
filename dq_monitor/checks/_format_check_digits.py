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

    `holds` is only asked of texts that `pattern` fits as a whole; it is told the engine.
    """

    pattern: str
    holds: Callable[[Any, str], Any]
    skip: str = ""


def is_valid(view: View, column: str, text: nw.Expr, name: str) -> nw.Expr:
    """Return whether a text is a number of the kind `name`, with the right check digit."""
    kind = NUMBERINGS[name]
    made = by_batch(view, column, name, _of_column(kind))
    if made is not None:
        return made
    number = text.str.replace_all(kind.skip, "") if kind.skip else text
    fits = whole(number, kind.pattern, view)
    # Null instead of other texts: an engine may convert to numbers before it looks at what fits.
    found: nw.Expr = kind.holds(nw.when(fits).then(number), view.engine)
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


def luhn(number: Text) -> Text:
    """Say whether up to 20 digits add up to tens, every second from the right counted twice."""
    padded = _padded(number, 20)
    pairs = [_digits(padded, place, 2) for place in range(0, 20, 2)]
    # A doubled digit above 4 has two digits, which count 9 less than it.
    return _total(p - p // 10 * 8 - (p + 50) // 100 * 9 for p in pairs) % 10 == 0


def gtin(number: Text) -> Text:
    """Say whether up to 14 digits add up to tens, every second from the right counted thrice."""
    padded = _padded(number, 14)
    pairs = [_digits(padded, place, 2) for place in range(0, 14, 2)]
    return _total(p - p // 10 * 7 for p in pairs) % 10 == 0


def isbn_10(number: Text) -> Text:
    """Say whether ten digits, the last perhaps an X for 10, weighted 10 to 1 add up to elevens."""
    last = number.str.slice(9, 1).str.replace_all("X", "10", literal=True).cast(nw.Int64)
    weighted = [_digits(number, place, 1) * (10 - place) for place in range(9)]
    return (_total(weighted) + last) % 11 == 0


def isbn(number: Text) -> Text:
    """Say whether the check digit of an ISBN of 10 or 13 digits is right."""
    # Each is asked of every text: one of the other length becomes a number that holds.
    short = number.str.replace_all("^[0-9]{13}$", "0000000000")
    long = number.str.replace_all("^[0-9]{9}[0-9X]$", "0000000000000")
    return isbn_10(short) & gtin(long)


def mod_97(iban: Text, engine: str) -> Text:
    """Say whether an IBAN as a number, its first four characters put last, leaves 1 by 97."""
    number = iban
    # A is 10 and Z is 35: first the tens before each letter, then its ones. One step for each
    # letter would be more than Spark's messages may nest.
    for tens, letters in (("1", "[A-J]"), ("2", "[K-T]"), ("3", "[U-Z]")):
        number = number.str.replace_all(f"({letters})", f"{tens}{group(engine, 1)}")
    for ones, letters in enumerate(_BY_ONES):
        number = number.str.replace_all(f"[{letters}]", str(ones))
    account = _padded(number.str.slice(6), 72)
    # 18 digits fit 64 bits; what comes before them counts 10**18 times as much.
    parts = [_digits(account, place, 18) % 97 * pow(10, 60 - place, 97) for place in _QUARTERS]
    return (_total(parts) + _digits(number, 0, 6)) % 97 == 1


_BY_ONES = ("AKU", "BLV", "CMW", "DNX", "EOY", "FPZ", "GQ", "HR", "IS", "JT")
_QUARTERS = range(0, 72, 18)


def _total(parts: Iterable[Text]) -> Text:
    total: Text = reduce(operator.add, parts)
    return total


def _digits(number: Text, place: int, count: int) -> Text:
    return number.str.slice(place, count).cast(nw.Int64)


def _padded(number: Text, width: int) -> Text:
    if isinstance(number, nw.Series):
        return number.str.pad_start(width, "0")
    return nw.concat_str(nw.lit("0" * width), number).str.tail(width)


def _iban(entry: str) -> str:
    """Return the pattern of one country's numbers: `FR10n11c2n` says its kinds of characters."""
    account = re.sub("[0-9]+[nac]", lambda part: f"{_KINDS[part[0][-1]]}{{{part[0][:-1]}}}", entry)
    return f"{entry[:2]}[0-9]{{2}}{account[2:]}"


_KINDS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}


def _told(holds: Callable[[Any], Any]) -> Callable[[Any, str], Any]:
    return lambda number, _: holds(number)


NUMBERINGS = {
    "credit_card": Numbering("[0-9]{12,19}", _told(luhn), "[ -]"),
    "ean": Numbering("[0-9]{8}|[0-9]{12,14}", _told(gtin)),
    "iban": Numbering("|".join(map(_iban, IBANS)), mod_97, " "),
    "isbn": Numbering("[0-9]{9}[0-9X]|97[89][0-9]{10}", _told(isbn), "[ -]"),
}

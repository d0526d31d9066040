"""Check digits as expressions, for engines that are sent queries.

In a query each step is written out as often as it is read: these read a number once for each digit,
and pad it where that costs least. They are only asked of texts that have the right form.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce

import narwhals.stable.v2 as nw

from dq_monitor.checks._patterns import group

Text = nw.Expr


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


def _isbn_10(number: Text) -> Text:
    """Say whether ten digits, the last perhaps an X for 10, weighted 10 to 1 add up to elevens."""
    last = number.str.slice(9, 1).str.replace_all("X", "10", literal=True)
    weighted = [_number(number.str.slice(place, 1)) * (10 - place) for place in range(9)]
    return (_total(weighted) + _number(last)) % 11 == 0


def isbn(number: Text, engine: str) -> Text:
    """Say whether the check digit of an ISBN of 10 or 13 digits is right."""
    # Each is asked of every text: one of the other length becomes a number that holds.
    short = number.str.replace_all("^[0-9]{13}$", "0000000000")
    long = number.str.replace_all("^[0-9]{9}[0-9X]$", "0000000000000")
    return _isbn_10(short) & gtin(long, engine)


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
    return nw.concat_str(even, nw.lit(behind))


def _pairs(number: Text, digits: int) -> list[tuple[Text, Text]]:
    return [
        (number.str.slice(place, 1), number.str.slice(place + 1, 1))
        for place in range(0, digits, 2)
    ]


def _number(text: Text) -> Text:
    return text.cast(nw.Int64)


def _total(parts: Iterable[Text]) -> Text:
    return reduce(operator.add, parts)

"""What personal data looks like inside a text, and card numbers by their check digit."""

from __future__ import annotations

import re
from collections.abc import Mapping

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.checks import _check_digit_columns
from dq_monitor.checks._batches import by_batch
from dq_monitor.checks._check_digits import luhn
from dq_monitor.checks._format_codes import IBANS
from dq_monitor.checks._format_networks import IPV4
from dq_monitor.checks._format_numbers import among
from dq_monitor.checks._patterns import group, whole
from dq_monitor.model.view import View

# Look-around is not to be had: what stands beside a number is part of the pattern.
_BEFORE, _AFTER = "(?:^|[^0-9A-Za-z])", "(?:$|[^0-9A-Za-z])"


def _iban(entry: str) -> str:
    length = sum(map(int, re.findall("[0-9]+", entry)))
    return f"{entry[:2]}[0-9]{{2}}(?: ?[0-9A-Z]){{{length}}}"


PATTERNS: Mapping[str, str] = {
    "email": "[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+[.])+[A-Za-z]{2}",
    "phone": (
        f"(?:^|[^0-9A-Za-z+])[+][1-9](?:[ ().-]{{0,2}}[0-9]){{6,14}}{_AFTER}"
        f"|{_BEFORE}(?:[(][2-9][0-9]{{2}}[)] ?|[2-9][0-9]{{2}}[ .-])"
        f"[0-9]{{3}}[ .-][0-9]{{4}}{_AFTER}"
    ),
    "iban": f"{_BEFORE}(?:{'|'.join(map(_iban, IBANS))}){_AFTER}",
    "ipv4": f"(?:^|[^0-9A-Za-z.]){IPV4}(?:$|[^0-9A-Za-z.]|[.](?:$|[^0-9A-Za-z]))",
    "us_ssn": (
        "(?:^|[^0-9A-Za-z-])(?:00[1-9]|0[1-9][0-9]|[1-57-8][0-9]{2}|6(?:[0-57-9][0-9]|6[0-57-9]))"
        "-(?:0[1-9]|[1-9][0-9])-(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
        "(?:$|[^0-9A-Za-z-])"
    ),
}

_CARD = "[2-6](?:[ -]?[0-9]){12,18}"
_HAS_CARD = f"(?:^|[^0-9A-Za-z+]){_CARD}{_AFTER}"
# What stands before is as long as can be, so of several numbers this finds the last.
_LAST_CARD = f"(?s)^((?:.*[^0-9A-Za-z+])?)({_CARD})(?:[^0-9A-Za-z].*)?$"
_DIGITS = "[2-6][0-9]{12,18}"
_NUMBERS = 2


def has_card(view: View, column: str, text: nw.Expr) -> nw.Expr:
    """Return whether one of the last two numbers in a text is that of a card, by its digits."""
    made = by_batch(view, column, "card", _cards)
    if made is not None:
        return made
    before, itself = group(view.engine, 1), group(view.engine, 2)
    answers = []
    for _ in range(_NUMBERS):
        number = text.str.replace_all(_LAST_CARD, itself).str.replace_all("[ -]", "")
        fits = whole(number, _DIGITS, view)
        # Null instead of other texts: engines may convert to numbers before they look at what fits.
        answers.append(fits & luhn(nw.when(fits).then(number), view.engine))
        text = text.str.replace_all(_LAST_CARD, before)
    return nw.any_horizontal(*answers, ignore_nulls=False)


def _cards(texts: pl.Series) -> pl.Series:
    found = texts.str.contains(_HAS_CARD)
    rest = texts.filter(found)
    holds = pl.repeat(value=False, n=len(rest), dtype=pl.Boolean, eager=True)
    before, itself = group("polars", 1), group("polars", 2)
    for _ in range(_NUMBERS):
        number = rest.str.replace_all(_LAST_CARD, itself).str.replace_all("[ -]", "")
        holds |= among(number, f"^{_DIGITS}$", _check_digit_columns.luhn)
        rest = rest.str.replace_all(_LAST_CARD, before)
    return found.scatter(found.arg_true(), holds)

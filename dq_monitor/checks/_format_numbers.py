"""Numbers that end in a check digit: what they look like, and whether the digit is right."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.checks import _check_digit_columns as columns
from dq_monitor.checks import _check_digits as queries
from dq_monitor.checks._batches import by_batch
from dq_monitor.checks._format_codes import IBANS
from dq_monitor.checks._patterns import whole
from dq_monitor.model.view import View

Query = Callable[[nw.Expr, str], nw.Expr]
Column = Callable[[pl.Series], pl.Series]


@dataclass(frozen=True, slots=True)
class Numbering:
    """A kind of number: what it looks like without the characters to `skip`, and its check.

    `query` is told the engine. `safe` is a shorter pattern where `pattern` is long: in a query it
    is written out many times.
    """

    pattern: str
    query: Query
    column: Column
    skip: str = ""
    safe: str = ""


def is_valid(view: View, column: str, text: nw.Expr, name: str) -> nw.Expr:
    """Return whether a text is a number of the kind `name`, with the right check digit."""
    kind = NUMBERINGS[name]
    made = by_batch(view, column, name, lambda texts: _of_column(texts, kind))
    if made is not None:
        return made
    number = text.str.replace_all(kind.skip, "") if kind.skip else text
    fits = whole(number, kind.pattern, view)
    safe = whole(number, kind.safe, view) if kind.safe else fits
    # Null instead of other texts: an engine may convert to numbers before it looks at what fits.
    return fits & kind.query(nw.when(safe).then(number), view.engine)


def _of_column(texts: pl.Series, kind: Numbering) -> pl.Series:
    numbers = texts.str.replace_all(kind.skip, "") if kind.skip else texts
    return among(numbers, f"^(?:{kind.pattern})$", kind.column)


def among(texts: pl.Series, pattern: str, holds: Column) -> pl.Series:
    """Return for which texts both hold; the second is only asked of those that `pattern` fits."""
    fits = texts.str.contains(pattern)
    return fits.scatter(fits.arg_true(), holds(texts.filter(fits)))


def _iban(entry: str) -> str:
    """Return the pattern of one country's numbers: `FR10n11c2n` says its kinds of characters."""
    account = re.sub("[0-9]+[nac]", lambda part: f"{_KINDS[part[0][-1]]}{{{part[0][:-1]}}}", entry)
    return f"{entry[:2]}[0-9]{{2}}{account[2:]}"


_KINDS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}

NUMBERINGS = {
    "credit_card": Numbering("[0-9]{12,19}", queries.luhn, columns.luhn, "[ -]"),
    "ean": Numbering("[0-9]{8}|[0-9]{12,14}", queries.gtin, columns.gtin),
    "iban": Numbering(
        "|".join(map(_iban, IBANS)),
        queries.mod_97,
        columns.mod_97,
        skip=" ",
        safe="[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}",
    ),
    "isbn": Numbering("[0-9]{9}[0-9X]|97[89][0-9]{10}", queries.isbn, columns.isbn, "[ -]"),
}

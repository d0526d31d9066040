"""`format`: a text has a well-known form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._formats import FORMATS, Text
from dq_monitor.expression.types import NUMBERS, Type, column, require
from dq_monitor.model.check import Family
from dq_monitor.model.view import View

Name = Literal[
    "base64",
    "bic",
    "cidr",
    "country",
    "country_alpha2",
    "country_alpha3",
    "credit_card",
    "currency",
    "ean",
    "email",
    "hex",
    "iban",
    "ipv4",
    "ipv6",
    "isbn",
    "language",
    "latitude",
    "longitude",
    "mac",
    "md5",
    "phone",
    "semver",
    "sha1",
    "sha256",
    "slug",
    "timezone",
    "url",
    "uuid",
]
_DEGREES = {"latitude": 90, "longitude": 180}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format(OneColumn, Row):
    """A text has a well-known form.

    Passes where the whole text is of the form `as`, fails where it is not, unknown where it is
    null. White space around it fails.

    - `email`: words joined by dots, `@`, a domain with a dot; how long it may be is not looked at
    - `url`: http, https or ftp, with a host, in ASCII. `uuid`: any version
    - `ipv4`, `ipv6` (without a zone), `cidr` (either, a slash, how many bits), `mac` (with `:`, `-`
      or, in fours, dots)
    - `phone`: E.164, a plus and 7 to 15 digits. `bic`: ISO 9362, in its country
    - `credit_card`: 12 to 19 digits with Luhn's check digit. `iban`: length and kinds of characters
      as its country has them, and the check digits. `isbn`: 10 or 13 digits with the check digit.
      Blanks within these three are passed over, as are hyphens in cards and ISBN
    - `ean`: GTIN of 8, 12, 13 or 14 digits with the check digit
    - `country`: ISO 3166-1, two or three capitals (`country_alpha2`, `country_alpha3`: only those).
      `currency`: ISO 4217. `language`: ISO 639-1. `timezone`: a name in the tz database
    - `latitude`, `longitude`: degrees as a decimal; the column may be a number as well
    - `hex` (with or without 0x), `base64` (padded), `md5`, `sha1`, `sha256` (in hex)
    - `semver`: Semantic Versioning 2.0. `slug`: small letters, digits and single hyphens

    Example:
        - format: {column: tz, as: timezone}

    """

    fault: ClassVar[str] = "wrong format"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "valid_format",
        "containsEmail",
        "containsURL",
        "containsCreditCardNumber",
        "is_valid_email",
        "is_valid_ipv4_address",
        "is_valid_ipv6_address",
    )

    # A field cannot be called `as`, a word of Python; in YAML it is.
    name: Annotated[Name, Field(alias="as", description="which form")]

    def passes(self, view: View) -> nw.Expr:
        """Return whether the text has the form."""
        value = column(view, self.column)
        degrees = _DEGREES.get(self.name)
        if degrees and value.type in NUMBERS:
            return value.expr.is_between(-degrees, degrees)
        text = require(value, {Type.STRING}, f"format {self.name}").expr
        return FORMATS[self.name](Text(view, self.column, text))

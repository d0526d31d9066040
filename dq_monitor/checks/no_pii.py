"""`no_pii`: a text does not seem to hold personal data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import distinct
from dq_monitor.checks._pii import PATTERNS, has_card
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View

Kind = Literal["email", "phone", "credit_card", "iban", "ipv4", "us_ssn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPii(OneColumn, Row):
    """A text does not seem to hold personal data.

    Passes where none of `kinds` is found anywhere in the text, fails where one is, unknown where
    the text is null. It goes by the form alone, so it errs both ways: `email`; `phone`,
    international with a plus or American in groups; `credit_card`, 13 to 19 digits with Luhn's
    check digit (of several, the last two are looked at); `iban`, as long as its country has them;
    `ipv4`; `us_ssn`, an American social security number in groups. Numbers may be in groups, with
    blanks or hyphens.

    Example:
        - no_pii: {column: remarks, kinds: [email, phone, credit_card]}

    """

    fault: ClassVar[str] = "personal data"
    family: ClassVar[Family] = Family.TEXT
    aliases: ClassVar[tuple[str, ...]] = (
        "does_not_contain_pii",
        "containsSocialSecurityNumber",
    )

    kinds: Annotated[
        tuple[Kind, ...], Field(min_length=1, description="what is looked for; all by default")
    ] = ("email", "phone", "credit_card", "iban", "ipv4", "us_ssn")

    def __post_init__(self) -> None:
        """Refuse a kind that is named twice."""
        distinct(self.kinds)

    def passes(self, view: View) -> nw.Expr:
        """Return whether nothing is found."""
        text = column(view, self.column, {Type.STRING}, asked_by="no_pii").expr
        patterns = [PATTERNS[kind] for kind in self.kinds if kind in PATTERNS]
        found = [text.str.contains("|".join(patterns))] if patterns else []
        if "credit_card" in self.kinds:
            found.append(has_card(view, self.column, text))
        return ~nw.any_horizontal(*found, ignore_nulls=False)

"""The formats that `format` knows: for each name, how a text is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw

from dq_monitor.checks import _format_codes as codes
from dq_monitor.checks import _format_networks as networks
from dq_monitor.checks import _format_texts as texts
from dq_monitor.checks._format_numbers import NUMBERINGS, is_valid
from dq_monitor.checks._patterns import whole
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is asked: the column that it is in, and its expression there."""

    view: View
    column: str
    expr: nw.Expr


Format = Callable[[Text], nw.Expr]


def _pattern(pattern: str) -> Format:
    return lambda text: whole(text.expr, pattern, text.view)


def _one_of(members: Callable[[], Sequence[str]]) -> Format:
    return lambda text: text.expr.is_in(members())


def _number(name: str) -> Format:
    return lambda text: is_valid(text.view, text.column, text.expr, name)


FORMATS: Mapping[str, Format] = {
    "email": _pattern(networks.EMAIL),
    "url": _pattern(networks.URL),
    "ipv4": _pattern(networks.IPV4),
    "ipv6": _pattern(networks.IPV6),
    "cidr": _pattern(networks.CIDR),
    "mac": _pattern(networks.MAC),
    "uuid": _pattern(texts.UUID),
    "hex": _pattern(texts.HEX),
    "base64": _pattern(texts.BASE64),
    "md5": _pattern(texts.MD5),
    "sha1": _pattern(texts.SHA1),
    "sha256": _pattern(texts.SHA256),
    "semver": _pattern(texts.SEMVER),
    "slug": _pattern(texts.SLUG),
    "phone": _pattern(texts.PHONE),
    "bic": _pattern(texts.BIC),
    "latitude": _pattern(texts.LATITUDE),
    "longitude": _pattern(texts.LONGITUDE),
    "country": _one_of(lambda: (*codes.COUNTRIES_2, *codes.COUNTRIES_3)),
    "country_alpha2": _one_of(lambda: codes.COUNTRIES_2),
    "country_alpha3": _one_of(lambda: codes.COUNTRIES_3),
    "currency": _one_of(lambda: codes.CURRENCIES),
    "language": _one_of(lambda: codes.LANGUAGES),
    "timezone": _one_of(codes.timezones),
    **{name: _number(name) for name in NUMBERINGS},
}

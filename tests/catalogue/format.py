"""`format` in plain Python: valid texts are built, and then broken."""

from __future__ import annotations

import base64
import ipaddress
import re
import string
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from zoneinfo import available_timezones

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, plain_floats, small, texts

digits = st.text("0123456789", min_size=1, max_size=20)
ALNUM = string.ascii_uppercase + string.digits
ATOM = set(string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-")
NAME = set(string.ascii_letters + string.digits + "-")


def luhn(number: str) -> bool:
    doubled = [int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(number))]
    return sum(sum(map(int, str(d))) for d in doubled) % 10 == 0


def card(text: str) -> bool:
    number = text.replace(" ", "").replace("-", "")
    return re.fullmatch("[0-9]{12,19}", number) is not None and luhn(number)


def gtin(number: str) -> bool:
    weighted = [int(d) * (3 if place % 2 else 1) for place, d in enumerate(reversed(number))]
    return sum(weighted) % 10 == 0


def ean(text: str) -> bool:
    return re.fullmatch("[0-9]+", text) is not None and len(text) in {8, 12, 13, 14} and gtin(text)


def isbn(text: str) -> bool:
    number = text.replace(" ", "").replace("-", "")
    if re.fullmatch("[0-9]{9}[0-9X]", number):
        values = [10 if d == "X" else int(d) for d in number]
        return sum((10 - place) * value for place, value in enumerate(values)) % 11 == 0
    return re.fullmatch("97[89][0-9]{10}", number) is not None and gtin(number)


SHAPES = {
    "DE": "[0-9]{18}",
    "GB": "[A-Z]{4}[0-9]{14}",
    "FR": "[0-9]{10}[A-Z0-9]{11}[0-9]{2}",
    "NO": "[0-9]{11}",
    "MT": "[A-Z]{4}[0-9]{5}[A-Z0-9]{18}",
}


def remainder(account: str, head: str) -> int:
    return int("".join(str(int(c, 36)) for c in account + head)) % 97


def iban(text: str) -> bool:
    number = text.replace(" ", "")
    country, account = number[:2], number[4:]
    if country not in SHAPES or not re.fullmatch("[0-9]{2}", number[2:4]):
        return False
    return (
        re.fullmatch(SHAPES[country], account) is not None and remainder(account, number[:4]) == 1
    )


def build_iban(country: str, account: str) -> str:
    return f"{country}{98 - remainder(account, country + '00'):02}{account}"


ibans = st.one_of(
    *(
        st.builds(
            build_iban, st.just(country), st.from_regex(re.compile(shape, re.ASCII), fullmatch=True)
        )
        for country, shape in SHAPES.items()
    )
)


def checked(stem: st.SearchStrategy[str], holds: Callable[[str], bool]) -> st.SearchStrategy[str]:
    """Draw numbers that end in a right check digit."""
    endings = [*string.digits, "X"]
    return stem.map(lambda s: next((s + end for end in endings if holds(s + end)), s))


@st.composite
def broken(draw: st.DrawFn, whole: st.SearchStrategy[str]) -> str:
    """Draw a valid text, often with one character changed, lost or put in."""
    text = draw(whole)
    if not text or draw(st.booleans()):
        return text
    place = draw(st.integers(0, len(text)))
    other = draw(st.sampled_from(["", " ", "-", "0", "7", "A", "z", ".", ":", "\n", "é", "٣"]))
    return text[:place] + other + text[place + draw(st.integers(0, 1)) :]


def tried(read: Callable[[str], Any], *refused: str) -> Callable[[str], bool]:
    """Return an oracle of what a library reads."""

    def oracle(text: str) -> bool:
        if not text.isascii() or any(part in text for part in refused) or text != text.strip():
            return False
        with suppress(ValueError):
            read(text)
            return True
        return False

    return oracle


def number_within(limit: int) -> Callable[[str], bool]:
    def oracle(text: str) -> bool:
        shape = re.fullmatch("[+-]?(0|[1-9][0-9]*)([.][0-9]*)?", text)
        return shape is not None and abs(float(text)) <= limit

    return oracle


def email(text: str) -> bool:
    name, at, domain = text.rpartition("@")
    labels = domain.split(".")
    return (
        bool(at)
        and all(word and set(word) <= ATOM for word in name.split("."))
        and len(labels) > 1
        and all(x and set(x) <= NAME and x[0] != "-" and x[-1] != "-" for x in labels)
        and len(labels[-1]) > 1
        and labels[-1][0] in string.ascii_letters
    )


def hexadecimal(size: int) -> Callable[[str], bool]:
    return lambda text: len(text) == size and set(text) <= set(string.hexdigits)


def in_base64(text: str) -> bool:
    whole = bool(text) and len(text) % 4 == 0  # the library forgives a pad too many
    return whole and tried(lambda x: base64.b64decode(x, validate=True))(text)


def case(name: str, cells: st.SearchStrategy[str], oracle: Callable[[Any], bool]) -> Case:
    return Case(
        lambda n: {"format": {"column": n("x"), "as": name}},
        {"x": Column(pl.String, broken(cells) | texts)},
        each(oracle, "x"),
    )


def built(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)


def matching(name: str, pattern: str) -> Case:
    return case(name, built(pattern), lambda x: re.fullmatch(pattern, x, re.ASCII) is not None)


networks = st.ip_addresses(v=4).map(lambda ip: f"{ip}/24") | st.ip_addresses(v=6).map(
    "{}/64".format
)
WIDE = {"x": Column(pl.Float64, plain_floats)}
CASES = {
    "credit_card": case("credit_card", checked(digits, card), card),
    "credit_card in groups": case(
        "credit_card", st.sampled_from(["4111 1111 1111 1111", "3782-822463-10005"]), card
    ),
    "ean": case(
        "ean", checked(st.integers(7, 14).flatmap(lambda n: built(f"[0-9]{{{n}}}")), ean), ean
    ),
    "isbn 10": case("isbn", checked(built("[0-9]{9}"), isbn), isbn),
    "isbn 13": case("isbn", checked(built("97[89]-[0-9]{9}"), isbn), isbn),
    "iban": case("iban", ibans, iban),
    "iban in groups": case("iban", ibans.map(lambda x: " ".join(re.findall(".{1,4}", x))), iban),
    "ipv4": case("ipv4", st.ip_addresses(v=4).map(str), tried(ipaddress.IPv4Address)),
    "ipv6": case("ipv6", st.ip_addresses(v=6).map(str), tried(ipaddress.IPv6Address, "%")),
    "cidr": case(
        "cidr",
        networks,
        lambda x: (
            re.search("/(0|[1-9][0-9]*)$", x) is not None
            and tried(lambda y: ipaddress.ip_network(y, strict=False), "%")(x)
        ),
    ),
    "uuid": case(
        "uuid",
        st.uuids().map(str),
        lambda x: (
            [len(part) for part in x.split("-")] == [8, 4, 4, 4, 12]
            and tried(uuid.UUID, "{", "urn")(x)
            and set(x) <= set(string.hexdigits + "-")
        ),
    ),
    "base64": case(
        "base64", st.binary(max_size=9).map(lambda b: base64.b64encode(b).decode()), in_base64
    ),
    "email": case(
        "email",
        built("[a-z.+]{1,5}@[a-z-]{1,4}[.][a-z0-9-]{1,4}([.]com)?"),
        email,
    ),
    "md5": case("md5", built("[0-9a-fA-F]{32}"), hexadecimal(32)),
    "sha1": case("sha1", built("[0-9a-fA-F]{40}"), hexadecimal(40)),
    "sha256": case("sha256", built("[0-9a-fA-F]{64}"), hexadecimal(64)),
    "latitude": case(
        "latitude", st.integers(-95, 95).map(str) | plain_floats.map(str), number_within(90)
    ),
    "longitude": case(
        "longitude", st.integers(-185, 185).map(str) | plain_floats.map(str), number_within(180)
    ),
    "latitude of a float": Case(
        lambda n: {"format": {"column": n("x"), "as": "latitude"}},
        WIDE,
        each(lambda x: -90 <= x <= 90, "x"),
    ),
    "longitude of an integer": Case(
        lambda n: {"format": {"column": n("x"), "as": "longitude"}},
        {"x": Column(pl.Int16, small.map(lambda x: x * 4))},
        each(lambda x: -180 <= x <= 180, "x"),
    ),
    "timezone": case(
        "timezone",
        st.sampled_from(["UTC", "America/New_York", "localtime", "Factory", "Mars/Base"]),
        lambda x: x in available_timezones() - {"localtime", "Factory"},
    ),
    "slug": matching("slug", "[a-z0-9]+(-[a-z0-9]+)*"),
    "phone": matching("phone", "[+][1-9][0-9]{6,14}"),
    "mac": matching("mac", "[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){5}"),
    "hex": matching("hex", "(0[xX])?[0-9a-fA-F]+"),
}

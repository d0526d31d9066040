"""Each format of `format` knows what is one and what is none, on examples that people published."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from dq_monitor.checks._formats import FORMATS
from dq_monitor.checks.format import Format, Name
from dq_monitor.model.view import Parts
from tests.catalogue.asking import view_of

GOOD = {
    "base64": "YQ== YWI= YWJj Zm9v+/==",
    "bic": "DEUTDEFF DEUTDEFF500 NEDSZAJJXXX BOFAUS3N CBVIXKPR",
    "cidr": "10.0.0.0/8 192.0.2.1/32 0.0.0.0/0 ::/0 2001:db8::/32",
    "country": "DE DEU US USA",
    "country_alpha2": "DE US GB AX",
    "country_alpha3": "DEU USA GBR ALA",
    "credit_card": "4111111111111111 378282246310005 6011111111111117 30569309025904"
    " 4111-1111-1111-1111",
    "currency": "EUR USD JPY XAU ZWG",
    "ean": "73513537 036000291452 4006381333931 00012345600012",
    "email": "a@b.co first.last+tag@sub.example.org o'hare@example.com x@xn--bcher-kva.example",
    "hex": "0 ff 0xFF 00AA",
    "iban": "DE89370400440532013000 GB29NWBK60161331926819 FR1420041010050500013M02606"
    " NO9386011117947 MT84MALT011000012345MTLCAST001S SA0380000000608010167519",
    "ipv4": "0.0.0.0 255.255.255.255 192.0.2.1",
    "ipv6": ":: ::1 1:: 2001:db8::ff00:42:8329 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:: ::ffff:192.0.2.1",
    "isbn": "0306406152 0-306-40615-2 080442957X 9780306406157 978-0-306-40615-7 9791090636071",
    "language": "en de zh",
    "latitude": "0 -90 +90.000 45.5 -0.1",
    "longitude": "0 -180 +180.0 179.99 -73.9",
    "mac": "00:1A:2b:3C:4d:5E 00-1A-2B-3C-4D-5E 001a.2b3c.4d5e",
    "md5": "d41d8cd98f00b204e9800998ecf8427e",
    "phone": "+12125550123 +4915112345678 +1234567",
    "semver": "0.0.4 1.2.3 1.0.0-alpha 1.0.0-0.3.7 1.0.0-x-y-z.--+build.1 1.0.0+001",
    "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "slug": "a a-b 2013-flights",
    "timezone": "UTC America/New_York Etc/GMT+5",
    "url": "http://example.org https://user@example.org:8080/a/b.html?x=1&y=%20#z ftp://192.0.2.1/"
    " HTTP://localhost http://[::1]:80/ https://example.org?q",
    "uuid": "123e4567-e89b-12d3-a456-426614174000 00000000-0000-0000-0000-000000000000"
    " 123E4567-E89B-12D3-A456-426614174000",
}
BAD = {
    "base64": "Y YQ YQ= YQ=== Y=Q= YW-_",
    "bic": "DEUTDEF DEUTXXFF deutdeff DEUTDEFF50 D3UTDEFF",
    "cidr": "10.0.0.0 10.0.0.0/33 10.0.0.0/08 ::/129 10.0.0/8 ::1/",
    "country": "XX XXX UK de D",
    "country_alpha2": "DEU UK xx",
    "country_alpha3": "DE XXZ",
    "credit_card": "4111111111111112 411111111111 0 4111.1111.1111.1111 41111111111111111111",
    "currency": "BGN HRK eur XYZ",
    "ean": "73513538 036000291453 4006381333932 400638133393 4006381333931X 0",
    "email": "a a@b @b.co a@.co a..b@c.de .a@b.co a@b.c a@-b.co a@b.123 a@b@c.de a@b..co",
    "hex": "0x g -1",
    "iban": "DE89370400440532013001 DE8937040044053201300 XX89370400440532013000"
    " de89370400440532013000"
    " GB29NWBK6016133192681A NO938601111794 ",
    "ipv4": "256.0.0.1 1.2.3 1.2.3.4.5 01.2.3.4 1.2.3.4/8",
    "ipv6": "1 ::: 1::2::3 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 fe80::1%eth0 12345:: ::256.0.0.1",
    "isbn": "0306406153 080442957x X804429570 9780306406158 9771090636071 030640615",
    "language": "eng EN xx sh",
    "latitude": "90.1 -91 1e1 . 045",
    "longitude": "180.1 -181 200 1,5",
    "mac": "00:1A:2B:3C:4D 00:1A-2B:3C:4D:5E 001A2B3C4D5E 00:1A:2B:3C:4D:5G",
    "md5": "d41d8cd98f00b204e9800998ecf8427 g41d8cd98f00b204e9800998ecf8427e",
    "phone": "12125550123 +02125550123 +123456 +1234567890123456 +1-212-555",
    "semver": "1 1.2 01.2.3 1.2.3-01 1.2.3- 1.2.3+ v1.2.3",
    "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd8070",
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
    "slug": "A a--b -a a_b é",
    "timezone": "Mars/Base utc localtime",
    "url": "example.org http:// http://-a.org http://a..b http://a:65536 mailto:a@b.co http://é.fr"
    " http://a/%zz http://a/{b} javascript:alert(1)",
    "uuid": "123e4567e89b12d3a456426614174000 {123e4567-e89b-12d3-a456-426614174000}"
    " 123e4567-e89b-12d3-a456-42661417400g",
}


def test_the_formats_offered_are_those_there_are() -> None:
    assert set(get_args(Name)) == set(FORMATS) == set(GOOD) == set(BAD)


def answers(name: Any, texts: list[str], parts: Parts | None) -> list[bool]:
    """Ask as Polars' pass does, which knows functions of columns, or as other engines do."""
    frame = pl.DataFrame({"x": texts})
    passes = Format(column="x", name=name).passes(replace(view_of(frame), parts=parts))
    made = {} if parts is None else parts.polars
    rows = nw.from_native(frame.lazy().with_columns(**made)).select(passes.alias("r"))
    return list(rows.to_native().collect()["r"])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("as_column", [True, False], ids=["column", "expression"])
def test_format_knows_its_examples(name: str, as_column: bool) -> None:  # noqa: FBT001 - a case
    good, bad = GOOD[name].split(), [*BAD[name].split(), "", " ", f"{GOOD[name].split()[0]}\n"]
    parts = Parts() if as_column else None
    assert dict(zip(good + bad, answers(name, good + bad, parts), strict=True)) == {
        **dict.fromkeys(good, True),
        **dict.fromkeys(bad, False),
    }

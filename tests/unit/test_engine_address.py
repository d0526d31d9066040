"""A URL of another engine says which table is meant, and never its password."""

from __future__ import annotations

from pathlib import Path

import pytest

from dq_monitor.engines.address import Address, read_address
from dq_monitor.errors import SettingsInvalid, UsageError

SCHEMES = {"postgresql", "sc", "duckdb"}
CANARY = "c4n/4r y"
SPELT = "c4n%2F4r%20y"


def read(target: str) -> Address:
    found = read_address(target, SCHEMES)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("target", "url", "table", "label"),
    [
        (
            f"postgresql://me:{SPELT}@host:5/db?sslmode=require&table=a.b",
            f"postgresql://me:{SPELT}@host:5/db?sslmode=require",
            "a.b",
            "postgresql://host:5/db?table=a.b",
        ),
        (
            "postgresql:///db?host=/tmp/socket&table=a.b",
            "postgresql:///db?host=%2Ftmp%2Fsocket",
            "a.b",
            "postgresql:///tmp/socket/db?table=a.b",
        ),
        (
            f"sc://host/;token={CANARY}?table=c.a.b",
            f"sc://host/;token={CANARY}",
            "c.a.b",
            "sc://host/?table=c.a.b",
        ),
        (
            "duckdb:///a%20folder/x.duckdb?table=b",
            "duckdb:///a%20folder/x.duckdb",
            "b",
            "duckdb:///a%20folder/x.duckdb?table=b",
        ),
    ],
)
def test_the_table_is_split_off_and_secrets_are_left_out(
    target: str, url: str, table: str, label: str
) -> None:
    found = read(target)
    assert (found.url, found.table, found.label) == (url, table, label)
    assert "c4n" not in repr(found)


@pytest.mark.parametrize("target", ["silver.flights", "flights.csv", "s3://bucket/table", "a/b"])
def test_what_is_no_url_of_an_engine_is_none(target: str) -> None:
    assert read_address(target, SCHEMES) is None


@pytest.mark.parametrize("behind", ["?table=a.b", ""])
def test_a_url_may_be_referred_to(monkeypatch: pytest.MonkeyPatch, behind: str) -> None:
    monkeypatch.setenv("PLACE", f"postgresql://me:{SPELT}@host/db{'' if behind else '?table=a.b'}")
    found = read(f"env:PLACE{behind}")
    assert (found.table, found.label) == ("a.b", f"env:PLACE{behind}")


def test_a_url_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("duckdb:///x.duckdb\n")
    assert read(f"file:{tmp_path}/url?table=b").url == "duckdb:///x.duckdb"


def test_a_reference_to_nothing_is_named() -> None:
    with pytest.raises(SettingsInvalid, match="NO_SUCH_PLACE is not set"):
        read_address("env:NO_SUCH_PLACE?table=a", SCHEMES)


@pytest.mark.parametrize(
    "target",
    [
        f"postgresql://me:{SPELT}@host/db",
        f"postgresql://me:{SPELT}@host/db?table=",
        f"postgresql://me:{SPELT}@host:port/db?table=a",
        f"postgresql://me:{SPELT}@[host/db?table=a",
        f"postgresql://me:{SPELT}@host/db?table",
    ],
)
def test_what_cannot_be_read_is_refused_without_its_secret(target: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_address(target, SCHEMES)
    assert "c4n" not in str(caught.value)
    assert "?table=SCHEMA.NAME" in str(caught.value)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no such host", "no such host"),
        (f"bad password {CANARY}", "ValueError"),
        (f"bad password {SPELT}", "ValueError"),
        (f"cannot parse postgresql://me:{SPELT}@host/db", "ValueError"),
        ("first\nsecond", "first"),
        ("", "ValueError"),
        ('<_InactiveRpcError\n\tdetails = "no answer"\n>', "no answer"),
    ],
)
def test_a_drivers_words_are_told_without_the_secret(said: str, told: str) -> None:
    found = read(f"postgresql://me:{SPELT}@host/db?table=a")
    assert found.reason(ValueError(said)) == told


def test_the_networks_own_error_is_told_where_there_is_one() -> None:
    found = read(f"postgresql://me:{SPELT}@host/db?table=a")
    error = ValueError("Max retries exceeded with url")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert found.reason(error) == "Connection refused"

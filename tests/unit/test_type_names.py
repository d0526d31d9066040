"""Types are written and read: names, lists, structs, and families for rules."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_monitor.model.types import NAMED, column_type, is_a, require_type, type_name
from dq_monitor.packs.dtypes import storable

odd = st.sampled_from(["a b", "a: b", "}", '"', "ü", " a", "\\"])
fields = st.text(min_size=1, max_size=5) | odd
leaves = st.sampled_from([*NAMED.values(), pl.Decimal(12, 2)])
dtypes = st.recursive(
    leaves,
    lambda inner: (
        inner.map(pl.List) | st.dictionaries(fields, inner, min_size=1, max_size=3).map(pl.Struct)
    ),
    max_leaves=6,
)


@given(dtypes)
def test_type_is_written_as_it_is_read(dtype: pl.DataType) -> None:
    assert column_type(type_name(dtype)) == dtype
    assert storable(type_name(dtype))
    assert is_a(dtype, type_name(dtype))


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        ("list[list[int64]]", pl.List(pl.List(pl.Int64()))),
        ("struct{lat: float64, lon: float64}", pl.Struct({"lat": pl.Float64, "lon": pl.Float64})),
        ('struct{"a: b": decimal(5, 2)}', pl.Struct({"a: b": pl.Decimal(5, 2)})),
        ("list[ struct{ a b : date } ]", pl.List(pl.Struct({"a b": pl.Date()}))),
    ],
)
def test_nested_type_is_read(text: str, dtype: pl.DataType) -> None:
    assert column_type(text) == dtype


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("list[int64", "']' should stand at the end"),
        ("list[]", "a type should stand before ']'"),
        ("struct{a}", "':' should stand before '}'"),
        ("struct{a: int64, a: date}", "field 'a' of a struct is named twice"),
        ("struct{a: int64} x", "nothing should stand before 'x'"),
        ("struct{a: int}", "unknown type 'int': did you mean 'int64'"),
        ("list[uint64]", "cannot store uint64"),
        ("struct{a: time}", "cannot store time"),
        ("struct{}", "a field's name should stand"),
        ("list", "did you mean 'list.int64.'"),
        ("list[" * 50 + "int64" + "]" * 50, "nested more than 16 levels"),
        ("decimal(99, 2)", "not a decimal of at most 38 digits"),
        ("x" * 3_000, "unknown type"),
        ("", "unknown type"),
    ],
)
def test_type_that_cannot_be_promised_is_refused_in_one_short_line(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as raised:
        storable(text)
    assert len(str(raised.value)) < 250
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("dtype", "name", "answer"),
    [
        (pl.UInt64(), "integer", True),
        (pl.UInt64(), "uint64", True),
        (pl.UInt64(), "int64", False),
        (pl.Decimal(9, 2), "decimal", True),
        (pl.Decimal(9, 2), "decimal(9, 2)", True),
        (pl.Decimal(9, 2), "decimal(9, 3)", False),
        (pl.Decimal(9, 2), "float", False),
        (pl.Categorical(), "string", True),
        (pl.Enum(["a"]), "text", True),
        (pl.Datetime("ns", "Asia/Tokyo"), "datetime", True),
        (pl.Datetime("ms"), "datetime_naive", True),
        (pl.Datetime("ms"), "datetime", False),
        (pl.Time(), "time_of_day", True),
        (pl.Duration("ms"), "duration", True),
        (pl.Duration("ms"), "time", False),
        (pl.Null(), "date", True),
        (pl.List(pl.Int8()), "list", True),
        (pl.Array(pl.Int8(), 2), "list[integer]", True),
        (pl.List(pl.Int8()), "list[text]", False),
        (pl.Struct({"a": pl.Int8()}), "struct{a: number}", True),
        (pl.Struct({"a": pl.Int8()}), "struct{b: number}", False),
        (pl.Struct({"a": pl.Int8()}), "nested", True),
        (pl.Int8(), "any", True),
    ],
)
def test_type_is_of_a_family(dtype: pl.DataType, name: str, *, answer: bool) -> None:
    require_type(name)
    assert is_a(dtype, name) is answer


def test_name_of_no_type_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="unknown type 'intger': did you mean 'integer'"):
        require_type("list[intger]")

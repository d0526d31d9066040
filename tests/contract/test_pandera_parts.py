"""The parts of pandera that are not public and that we read are where they were."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from pandera.constants import CHECK_OUTPUT_KEY

from dq_monitor.checks._pandera import ANSWER
from dq_monitor.counterparts import _RULES

ARGUMENTS: dict[str, dict[str, Any]] = {
    "equal_to": {"value": 1},
    "not_equal_to": {"value": 1},
    "greater_than": {"min_value": 1},
    "greater_than_or_equal_to": {"min_value": 1},
    "less_than": {"max_value": 1},
    "less_than_or_equal_to": {"max_value": 1},
    "in_range": {"min_value": 1, "max_value": 2},
    "isin": {"allowed_values": [1]},
    "notin": {"forbidden_values": [1]},
    "str_matches": {"pattern": "a"},
    "str_contains": {"pattern": "a"},
    "str_startswith": {"string": "a"},
    "str_endswith": {"string": "a"},
    "str_length": {"min_value": 1},
}


class Model(pa.DataFrameModel):
    a: int = pa.Field(ge=1, nullable=True)

    @pa.check("a")
    def own(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 - pandera's signature
        return data.lazyframe.select(pl.col(data.key) > 1)


def test_the_version_is_the_one_whose_parts_are_known() -> None:
    assert version("pandera").startswith("0.35.")


def test_every_built_in_check_that_we_read_is_there() -> None:
    assert ARGUMENTS.keys() == _RULES.keys()


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_built_in_check_is_known_by_its_dispatcher_and_arguments(name: str) -> None:
    check = getattr(pa.Check, name)(**ARGUMENTS[name], raise_warning=True, ignore_na=False)
    assert check.name == name
    assert type(check._check_fn).__name__ == "Dispatcher"
    assert {**check._check_kwargs, **check.statistics}.items() >= ARGUMENTS[name].items()
    assert (check.raise_warning, check.ignore_na, check.element_wise) == (True, False, False)


def test_a_check_of_ones_own_is_not() -> None:
    own = next(one for one in Model.to_schema().columns["a"].checks if one.name == "own")
    assert type(own._check_fn).__name__ != "Dispatcher"


def test_a_check_answers_in_the_column_that_we_read() -> None:
    own = Model.to_schema().columns["a"].checks[1]
    answer = own(pl.LazyFrame({"a": [1, 2, None]}), "a").check_output.collect()
    assert answer.columns == [CHECK_OUTPUT_KEY] == [ANSWER]
    assert answer[ANSWER].to_list() == [False, True, True]


def test_a_schema_has_what_we_read_of_it() -> None:
    schema = Model.to_schema()
    column = schema.columns["a"]
    assert column.dtype.type == pl.Int64
    assert (column.nullable, column.unique, column.required, column.regex) == (
        True,
        False,
        True,
        False,
    )
    assert (column.parsers, column.default, column.description) == ([], None, None)
    assert (schema.checks, schema.unique, schema.strict, schema.parsers, schema.ordered) == (
        [],
        None,
        False,
        [],
        False,
    )

from __future__ import annotations

import pkgutil

import polars as pl
import pytest

import dq_monitor
from dq_monitor.errors import PipelineInvalid
from dq_monitor.pipeline.declare import File, Pipeline, Read, Step, file, new_rows, table


def copy(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows


def both(left: pl.LazyFrame, right: pl.LazyFrame) -> pl.LazyFrame:
    return left.join(right, on="id")


def step(writes: str, *reads: str) -> Step:
    names = dict(zip(("left", "right"), map(table, reads), strict=False))
    if len(reads) == 2:
        return Step(writes, names, both)
    return Step(writes, {"rows": table(reads[0])}, copy)


def problems(*steps: Step) -> str:
    with pytest.raises(PipelineInvalid) as raised:
        Pipeline("daily", steps)
    return str(raised.value)


def test_steps_are_ordered_by_dependence_and_ties_by_declaration() -> None:
    pipeline = Pipeline(
        "daily",
        (
            step("gold.b", "silver.a", "silver.c"),
            step("silver.c", "bronze.c"),
            step("silver.a", "bronze.a"),
            step("bronze.c", "outside.c"),
            step("bronze.a", "outside.a"),
        ),
    )
    assert pipeline.tables == ("bronze.c", "silver.c", "bronze.a", "silver.a", "gold.b")


def test_file_takes_its_kind_from_the_ending() -> None:
    assert file("in/{day}.csv", separator=";") == File("in/{day}.csv", "csv", {"separator": ";"})
    assert file("in/data", kind="parquet").kind == "parquet"
    assert (table("a"), new_rows("a")) == (Read("a"), Read("a", new_only=True))


def test_only_selects_exactly_and_from_selects_all_that_depends() -> None:
    pipeline = Pipeline(
        "daily", (step("b", "a"), step("c", "b"), step("x", "outside"), step("d", "c", "x"))
    )
    assert [s.writes for s in pipeline.select(only=("c",))] == ["c"]
    assert [s.writes for s in pipeline.select(start_from=("c",))] == ["c", "d"]
    assert [s.writes for s in pipeline.select()] == ["b", "c", "x", "d"]
    with pytest.raises(PipelineInvalid, match="no step 'cc'"):
        pipeline.select(only=("cc",))


def test_a_circle_is_refused_with_its_way() -> None:
    said = problems(step("a", "c"), step("b", "a"), step("c", "b"))
    assert "a reads c reads b reads a" in said


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((), "it has no steps"),
        ((step("a", "x"), step("a", "y")), "2 steps write 'a'"),
        ((step("silver flights", "x"),), "step 'silver flights' is no table name"),
        ((step("a", "a"),), "step 'a' reads the table it writes"),
        ((Step("a", {"rows": new_rows("b.rows")}, copy),), "reads the new rows of 'b.rows'"),
        ((Step("a", {"rows": table("b")}),), "needs a transform or an SQL query"),
        ((Step("a", {"rows": table("b")}, copy, mode="upsert"),), "has no mode 'upsert'"),
        ((Step("a", {"rows": table("b")}, copy, mode="apend"),), "did you mean 'append'?"),
        ((Step("a", {"rows": table("b")}, 5),), "tells no arguments"),  # type: ignore[arg-type]
        ((Step("a", {}, copy),), "does not declare the input 'rows'"),
        ((Step("a", {"rows": table("b"), "x": table("c")}, copy),), "declares the input 'x'"),
        ((Step("a", {"rows": file("data")}, copy),), "of unknown kind"),
        ((Step("a", {"run": table("b")}, copy),), "cannot name an input 'run'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_declaration_is_named(steps: tuple[Step, ...], message: str) -> None:
    assert message in problems(*steps)


def test_all_problems_are_told_at_once() -> None:
    said = problems(step("a", "x"), step("a", "y"), step("b b", "x"))
    assert "2 steps write 'a'" in said
    assert "step 'b b' is no table name" in said
    assert "fix:" in said


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select * from read_csv('/etc/passwd')", "table function"),
        ("select * from '/etc/passwd'", "not an input"),
        ("select * from other", "not an input"),
        ("select * from silver.rows", "not an input"),
        ("drop table rows", "not one query"),
        ("select 1 from rows; select 2 from rows", "not one query"),
        ("select (a from rows", "cannot be parsed"),
        ("with t as (select * from read_parquet('x')) select * from t", "table function"),
    ],
)
def test_sql_reads_nothing_but_the_inputs(sql: str, message: str) -> None:
    assert message in problems(Step("a", {"rows": table("b")}, sql=sql))


def test_sql_may_join_inputs_and_name_parts_of_itself() -> None:
    sql = "with late as (select * from rows where d > 0) select * from late join x on late.a = x.a"
    pipeline = Pipeline("daily", (Step("a", {"rows": table("b"), "x": table("c")}, sql=sql),))
    assert pipeline.tables == ("a",)


def test_everything_a_pipeline_needs_comes_from_the_package_itself() -> None:
    modules = {module.name for module in pkgutil.iter_modules(dq_monitor.__path__)}
    assert not modules & set(dq_monitor.__all__)  # a module of that name would hide it
    assert {name: getattr(dq_monitor, name).__name__ for name in dq_monitor.__all__} == {
        name: name for name in dq_monitor.__all__
    }
    with pytest.raises(AttributeError, match="nothing"):
        dq_monitor.nothing  # noqa: B018 - asking for it is the test

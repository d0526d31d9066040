"""A package that offers functions and models, as a user of dq-monitor may install one."""

from __future__ import annotations

import ast
from pathlib import Path

FUNCTIONS = '''
import datetime

import narwhals.stable.v2 as nw


def on_time(arr_delay: nw.Expr, *, minutes: int) -> nw.Expr:
    """Say whether a flight arrived within some minutes."""
    return arr_delay <= minutes


def one_of(first: nw.Expr, *others: nw.Expr, least: float = 0, until: datetime.date | None = None):
    return nw.any_horizontal(*(x > least for x in (first, *others)), ignore_nulls=False)


def a_number(x: nw.Expr) -> nw.Expr:
    return x + 1


def no_expression(x: nw.Expr) -> bool:
    return True


def untyped(x: nw.Expr, *, limit=3) -> nw.Expr:
    return x > limit


def broken(x: nw.Expr) -> nw.Expr:
    raise RuntimeError("it broke")
'''

MODELS = """
import pandera.polars as pa
import polars as pl


class Flights(pa.DataFrameModel):
    flight: int = pa.Field(ge=1, lt=10_000, nullable=True)
    carrier: str = pa.Field(isin=["AA", "UA"], str_length={"exact_value": 2})
    dep: int = pa.Field(nullable=True)
    arr: int = pa.Field(nullable=True, raise_warning=True, gt=0)

    @pa.check("flight")
    def is_odd(cls, data):
        return data.lazyframe.select(pl.col(data.key) % 2 == 1)

    @pa.check("flight", element_wise=True)
    def is_small(cls, number):
        return number < 5_000

    @pa.check("arr")
    def on_average_late(cls, data):
        return data.lazyframe.select(pl.col(data.key).mean() > 10)

    @pa.dataframe_check
    def arrives_after_departure(cls, data):
        return data.lazyframe.select(pl.col("arr") > pl.col("dep"))

    class Config:
        unique = ["carrier", "flight"]
        strict = True


class Troubles(pa.DataFrameModel):
    flight: int

    @pa.check("flight")
    def grows(cls, data):
        return data.lazyframe.select(pl.col(data.key).diff().fill_null(1) > 0)

    @pa.check("flight")
    def breaks(cls, data):
        raise KeyError("x")
"""


def install(site: Path, package: str, source: str, group: str = "dq_monitor.functions") -> None:
    """Put a module and its metadata into a folder of packages; each function is an entry point."""
    (site / f"{package}.py").write_text(source)
    about = site / f"{package}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    kinds = (ast.FunctionDef, ast.ClassDef)
    names = [node.name for node in ast.parse(source).body if isinstance(node, kinds)]
    lines = [f"{name} = {package}:{name}" for name in names]
    (about / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))

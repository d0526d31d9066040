"""SQL steps: one query over the declared inputs and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_QUERY = "write one SELECT over the step's inputs"


def problems_of(query: str, inputs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a step's query, each with its fix.

    The query is the operator's own code, yet it may read only what the step declares: lineage
    would be untrue otherwise, and Polars' `read_csv(...)` opens any file.
    """
    try:
        statements = sqlglot.parse(query)
    except SqlglotError as error:
        yield f"has SQL that cannot be parsed: {_one_line(error)}", _QUERY
        return
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        yield "has SQL that is not one query", _QUERY
        return
    known = {*inputs, *(cte.alias for cte in statements[0].find_all(exp.CTE))}
    for table in statements[0].find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            yield f"calls the table function {table.sql()}", "declare the file: reads={...: file()}"
        elif table.db or table.name not in known:
            yield (
                f"has SQL that reads {table.sql()}, which is not an input",
                f"known are {', '.join(sorted(known))}",
            )


def query(sql: str, frames: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Return the query's result over `frames`, lazily."""
    with pl.SQLContext(frames=dict(frames), eager=False) as context:
        return context.execute(sql)


def _one_line(error: SqlglotError) -> str:
    details = getattr(error, "errors", None)
    if details:
        first = details[0]
        return f"{first['description']} at line {first['line']}, column {first['col']}"
    return str(error).splitlines()[0]

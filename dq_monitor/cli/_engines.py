"""Which check runs on which engine: the page docs/engines.md, and the same in short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dq_monitor.cli._places import cannot, engines
from dq_monitor.cli._reference import table
from dq_monitor.engines.refusal import POLARS, why_not
from dq_monitor.model.check import Kind
from dq_monitor.packs.catalog import CheckType
from dq_monitor.packs.describe import by_family

HEAD = """\
# Engines

Written by `dqm rules --engines --markdown > docs/engines.md` from checks and engines themselves.

`dqm check TARGET --pack FILE --engine NAME` judges what exists where it lies, and changes nothing.
On another engine a pack is a few queries: one for all row and table rules of the same `where`, one
for each rule on keys and for each that compares tables. Only counts and aggregates come back.

| engine | what it reads |
|---|---|
| `polars` | tables of the warehouse, Delta tables, files; those of all others, fetched whole |
| `duckdb` | the same in place, and `duckdb:///PATH.duckdb?table=SCHEMA.NAME` |
| `spark` | `sc://HOST:PORT?table=CATALOG.SCHEMA.NAME`: Spark Connect, Databricks, Sail |
| `postgres` | `postgresql://USER@HOST:PORT/DATABASE?table=SCHEMA.NAME` |
| `clickhouse` | `clickhouse://USER@HOST:PORT/DATABASE?table=DATABASE.NAME`, the HTTP port |

Polars is always there; the others want `pip install 'dq-monitor[duckdb]'`, and so on by name.

- Without `--engine` the URL decides. Options of the driver may follow: `&sslmode=require`,
  `&secure=true`; those of Spark are in the path: `sc://HOST/;token=...?table=...`.
- A URL with a password in it is best referred to: `env:NAME` or `file:PATH`, and `?table=` may
  follow that, so that one secret serves many tables. No message, log or verdict shows a password.
- The pack is named by `--pack`, or is the one of the rules folder that guards a table of that name.
  Tables that rules refer to (`bronze.airports`) are looked up beside it, by the same name.
- Sessions are in UTC; PostgreSQL and DuckDB files are opened read-only.
- A rule that the engine cannot ask is refused by its id before a row is read, all in one go. One
  that breaks on the data is in status `error` alone.
- On Spark a column whose name has a dot cannot be asked, on DuckDB it cannot be part of a key.
- A clock beyond the year 2100 goes on changing in summer on engines other than Polars.
"""
RUNS = "yes"


def page(checks: Sequence[CheckType]) -> Iterator[str]:
    """Return the lines of docs/engines.md."""
    names = [POLARS, *engines()]
    yield HEAD
    reasons: dict[str, int] = {}
    for family, group in by_family(checks).items():
        asked = [check for check in group if check.kind is not Kind.HISTORY]
        if not asked:
            continue
        yield from (f"**{family.value.capitalize()}**", "")
        rows = [
            (f"[`{c.name}`](rules.md#{c.name})", *(_cell(c, name, reasons) for name in names))
            for c in asked
        ]
        yield from table(("check", *names), rows)
        yield ""
    yield from (f"{number}. {why}" for why, number in reasons.items())
    yield from ("", "Rules on history need one, so they are asked by the gate and the audits only.")


def summary(checks: Sequence[CheckType]) -> Iterator[str]:
    """Return a line for each engine: how many of the checks it runs, and which it does not."""
    asked = [check for check in checks if check.kind is not Kind.HISTORY]
    for name in (POLARS, *engines()):
        left = {c.name: why for c in asked if (why := _why(c, name))}
        yield f"{name}: {len(asked) - len(left)} of {len(asked)} checks"
        yield from (f"  not {check}: {why}" for check, why in left.items())


def _cell(check: CheckType, engine: str, reasons: dict[str, int]) -> str:
    why = _why(check, engine)
    return f"no ({reasons.setdefault(why, len(reasons) + 1)})" if why else RUNS


def _why(check: CheckType, engine: str) -> str:
    known: Mapping[str, str] = cannot(engine)
    return why_not(check.name, check.engines, engine, known)

"""Hostile rule text: refused in a bounded way, and nothing is opened, started or connected to."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import sys
from datetime import UTC, datetime

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_monitor.checks.metric import Metric
from dq_monitor.expression import compile_boolean, parse
from dq_monitor.model.view import View

ATTACKS = [
    "a IN (SELECT v FROM read_csv('URL'))",
    "a = (SELECT max(v) FROM read_parquet('URL'))",
    "EXISTS (SELECT 1 FROM 'URL')",
    "read_csv('URL') = a",
    "read_text('/etc/passwd') = s",
    "FROM 'URL'",
    "SELECT * FROM read_parquet('URL')",
    "a; DROP TABLE t",
    "COPY t TO '/tmp/x'",
    "ATTACH 'URL' AS x",
    "INSTALL httpfs",
    "PRAGMA database_list",
    "LPAD(s, 2000000000, 'x') = s",
    "REPEAT(s, 2000000000) = s",
    "s || s || s = s",
    "LEFT(s, 99999999999) = s",
    "ROUND(a, 400) = 1",
    "POWER(10, 400) > a",
    "a > 1e999",
    "a > -1e999",
    "a > 99999999999999999999999",
    "'only text'",
    "1 = 1",
    "TRUE",
    "NULL",
    "COUNT(*) > 0",
    "MAX(a) > 0",
    "SUM(a) OVER () > 0",
    "UNNEST(a) = 1",
    "CAST(a AS DECIMAL(100, 2)) > 0",
    "CAST(a AS STRUCT<x INT>) = a",
    "SPLIT_PART(s, 'x', -9223372036854775808) = s",
    "GREATEST() > a",
    "a // NULL > 1",
    "a[-9223372036854775808] = 1",
    "pl.col('a')",
    "__import__('os').system('touch /tmp/x')",
    "lambda: 0",
    "eval('1') = a",
    "{{ config }}",
    "${env:HOME} = s",
    "a = @x",
    "a = :x",
    "a = ?",
    "s ~ '(a+)+$'",
    "s SIMILAR TO '(a+)+'",
    "REGEXP_LIKE(s, '(a+)+$')",
    "\x00",
    "a = 'x\x00",
    "\ud800 > 1 (",
    "(" * 200_000,
    "[" * 200_000,
    "(" * 900 + "a > 1" + ")" * 900,
    "CASE WHEN " * 190 + "a > 1",
    "NOT " * 400 + "a > 1",
    "- " * 900 + "1 > a",
    " AND ".join(["a > 1"] * 20_000),
    " AND ".join(["a > 1"] * 200),
    "a > " + " + ".join(["1"] * 900),
    "a > " + "/ ".join(["a "] * 30),
    "ABS(" * 25 + "a" + ")" * 25 + " > 1",
    "CAST(" * 12 + "a" + " AS INT)" * 12 + " > 1",
    "CASE a WHEN 1 THEN " * 20 + "1" + " END" * 20 + " = CASE",
]
# What a metric must refuse beside all that is in the list above.
METRIC_ATTACKS = [
    "a",
    "a / COUNT(*)",
    "SUM(a) / a",
    "1 + 1",
    "COUNT()",
    "COUNT(NULL)",
    "SUM(1)",
    "SUM(*)",
    "SUM(DISTINCT a)",
    "COUNT(DISTINCT a, s)",
    "COUNT(DISTINCT ON (a) s)",
    "MAX(a, 2)",
    "MIN(a, s)",
    "SUM(SUM(a))",
    "SUM(COUNT(*))",
    "SUM(a) OVER ()",
    "SUM(a) FILTER (WHERE a > 1)",
    "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a)",
    "SUM(a) > 1",
    "CASE WHEN SUM(a) > 1 THEN 1 END",
    "CAST(SUM(a) AS INT)",
    "SUM((SELECT MAX(v) FROM read_parquet('URL')))",
    "COUNT((SELECT 1 FROM 'URL'))",
    "(SELECT COUNT(*) FROM 'URL')",
    "SUM(read_csv('URL'))",
    "read_csv('URL') / COUNT(*)",
    "COUNT(*); DROP TABLE t",
    "COUNT(*) FROM 'URL'",
    "SUM(LENGTH(REPEAT(s, 2000000000)))",
    "STRING_AGG(s, ',')",
    "ARRAY_AGG(a)",
    "ANY_VALUE(a)",
    "APPROX_QUANTILE(a, 0.5)",
    "SUM(s)",
    "MIN(s)",
    "AVG(a > 1)",
    "COUNT(*) / 'x'",
    "COUNT(*) + NULL",
    "COUNT(*) + 1e999",
    "COUNT(*) % 2",
    "COUNT(*) ** 400",
    "POWER(COUNT(*), 400)",
    "EXP(COUNT(*))",
    "-" * 900 + "COUNT(*)",
    "(" * 200_000 + "COUNT(*)",
    "ABS(" * 60 + "COUNT(*)" + ")" * 60,
    "COUNT(*)" + " + COUNT(*)" * 100,
    " + ".join(f"SUM(a + {n})" for n in range(30)) + " - SUM(a)" * 12,
    "COALESCE(" + ", ".join(f"SUM(a + {n})" for n in range(60)) + ")",
    "COALESCE(" + ", ".join(["COUNT(*)"] * 600) + ")",
    "SUM(" + "/ ".join(["a "] * 30) + ")",
    "SUM(" + "ABS(" * 25 + "a" + ")" * 26,
]
# Started by itself: the hook cannot be taken out of a process again.
CHILD = """
import json, sys
from datetime import datetime, timezone
import narwhals.stable.v2 as nw
from dq_monitor.expression import compile_boolean
from dq_monitor.expression.metric import compile_metric
from dq_monitor.model.view import View

view = View({"a": nw.Int64(), "s": nw.String()}, datetime(2013, 1, 1, tzinfo=timezone.utc))
compile_boolean("a > 1 AND s LIKE 'x%'", view)
compile_metric("SUM(a) / COUNT(DISTINCT s)", view)
attacks, metric_attacks = json.loads(sys.stdin.read())
seen, accepted, ugly = [], [], []
WATCHED = ("open", "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "import")
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith(WATCHED) else None)
asked = [(compile_boolean, attack) for attack in attacks]
asked += [(compile_metric, attack) for attack in metric_attacks]
for compiled, attack in asked:
    try:
        compiled(attack, view)
        accepted.append(attack[:60])
    except ValueError as error:
        if len(str(error).splitlines()) != 1:
            ugly.append(str(error))
print(json.dumps({"seen": seen, "accepted": accepted, "ugly": ugly}))
"""


def test_attacks_are_refused_and_touch_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as bait:
        url = f"http://127.0.0.1:{bait.getsockname()[1]}/x.csv"
        parts = (ATTACKS, [*ATTACKS, *METRIC_ATTACKS])
        corpus = json.dumps([[attack.replace("URL", url) for attack in part] for part in parts])
        child = subprocess.run(
            [sys.executable, "-c", CHILD],
            input=corpus,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        bait.setblocking(False)  # noqa: FBT003 - the standard library's signature
        with pytest.raises(BlockingIOError):
            bait.accept()
    assert json.loads(child.stdout) == {"seen": [], "accepted": [], "ugly": []}


WORDS = """
a b s d NOT AND OR = <> < <= > >= + - * / % ( ) , IN LIKE BETWEEN IS NULL TRUE FALSE CASE WHEN
THEN ELSE END COALESCE( NULLIF( ABS( ROUND( LENGTH( LOWER( TRIM( SUBSTRING( CAST( AS INT TEXT
DATE '2013-01-01' 'x' '%' 0 1 -2 2.5 INTERVAL '1' DAY YEAR( EXTRACT( FROM HOUR SELECT . " '
"""
FRAME = pl.LazyFrame(
    {"a": [1, None, 3], "b": [True, None, False], "s": ["x", None, ""], "d": [None, None, None]},
    schema_overrides={"d": pl.Date},
)
VIEW = View(nw.from_native(FRAME).collect_schema(), datetime(2013, 1, 1, tzinfo=UTC))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join) | st.text(max_size=30))
def test_any_text_is_refused_in_one_line_or_answers_each_row(text: str) -> None:
    try:
        expr = compile_boolean(text, VIEW)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - most texts are refused, not all
        return
    answered: pl.LazyFrame = nw.from_native(FRAME).select(answer=expr).to_native()
    answer = answered.collect(engine="streaming")["answer"]
    assert answer.dtype == pl.Boolean
    assert answer.len() == 3


AGGREGATES = """
COUNT(*) COUNT( COUNT(DISTINCT SUM( AVG( MIN( MAX( STDDEV( VARIANCE( MEDIAN( ABS( COALESCE( NULLIF(
"""


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from((WORDS + AGGREGATES * 3).split()), max_size=14).map(" ".join))
def test_any_metric_is_refused_in_one_line_or_has_one_value(text: str) -> None:
    try:
        check = Metric(metric=text)
        parts = check.aggregates(VIEW)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - most texts are refused, not all
        return
    reduced = nw.from_native(FRAME).select(**{name: part.expr for name, part in parts.items()})
    state = reduced.to_native().collect(engine="streaming")
    assert state.height == 1
    value = check.measure(state.row(0, named=True), VIEW).value
    assert value is None or math.isfinite(value)


@pytest.mark.parametrize(
    "text",
    [
        "a > " + " + ".join(["a"] * 30),
        "a > " + " * ".join(["2.5"] * 30),
        "ABS(ABS(ABS(a - 1) - 1) - 1) >= 0",
        " OR ".join(f"a = {n}" for n in range(160)),
        "s IN (" + ", ".join(f"'{n}'" for n in range(240)) + ")",
    ],
    ids=["sum", "product", "nested guards", "chain", "long list"],
)
def test_ordinary_large_expressions_are_accepted(text: str) -> None:
    parse(text)
    answered: pl.LazyFrame = nw.from_native(FRAME).select(x=compile_boolean(text, VIEW)).to_native()
    assert answered.collect(engine="streaming").height == 3

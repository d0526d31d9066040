"""The SQL that Ibis writes, corrected where it means something else than on other engines.

Only imported by plugs, late: Ibis is an optional driver.
"""

from __future__ import annotations

from typing import Any, ClassVar

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
from ibis.backends.sql.compilers.clickhouse import ClickHouseCompiler
from ibis.backends.sql.compilers.postgres import PostgresCompiler
from ibis.backends.sql.datatypes import ClickHouseType

MICROSECONDS = 6


class Postgres(PostgresCompiler):  # type: ignore[misc]  # Ibis has no types
    """PostgreSQL casts a boolean to `integer` and to no other width."""

    __slots__ = ()

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:  # noqa: N802 - Ibis' name
        if op.arg.dtype.is_boolean() and to.is_numeric():
            arg = self.cast(arg, dt.int32)
        return super().visit_Cast(op, arg=arg, to=to)


class _ClickHouseTypes(ClickHouseType):  # type: ignore[misc]  # the same
    """`DateTime` holds whole seconds from 1970 to 2106, so timestamps are `DateTime64`."""

    @classmethod
    def _from_ibis_Timestamp(cls, dtype: Any) -> Any:  # noqa: N802 - Ibis' name
        scale = MICROSECONDS if dtype.scale is None else dtype.scale
        return super()._from_ibis_Timestamp(dtype.copy(scale=scale))


class ClickHouse(ClickHouseCompiler):  # type: ignore[misc]  # the same
    """Exact counts and quantiles, characters instead of bytes, dates beyond 1970 to 2149."""

    __slots__ = ()
    type_mapper = _ClickHouseTypes

    SIMPLE_OPS: ClassVar[dict[Any, str]] = {
        ops.CountDistinct: "uniqExact",
        ops.Date: "toDate32",
        ops.Lowercase: "lowerUTF8",
        ops.Reverse: "reverseUTF8",
        ops.StringLength: "lengthUTF8",
        ops.StrRight: "rightUTF8",
        ops.Uppercase: "upperUTF8",
    }

    def visit_Correlation(self, op: Any, *, left: Any, right: Any, how: str, where: Any) -> Any:  # noqa: ARG002, N802 - Ibis' name; a correlation is the same of a sample
        return self.agg.corr(left, right, where=where)

    def visit_Quantile(self, op: Any, *, arg: Any, quantile: Any, where: Any) -> Any:  # noqa: ARG002, N802 - Ibis' name
        return self._visit_quantile("quantileExactInclusive", arg, quantile, where)


_INSTANT, _CLOCK = "timestamp('UTC', 6)", "timestamp(6)"


@ibis.udf.scalar.builtin(name="timezone", signature=(("string", _INSTANT), _CLOCK))  # type: ignore[untyped-decorator]  # the same
def _timezone(zone: Any, instant: Any) -> Any:
    """PostgreSQL's own."""


@ibis.udf.scalar.builtin(name="toTimeZone", signature=((_INSTANT, "string"), _INSTANT))  # type: ignore[untyped-decorator]  # the same
def _to_time_zone(instant: Any, zone: Any) -> Any:
    """ClickHouse's own: the same moment, to be shown elsewhere."""


@ibis.udf.scalar.builtin(name="timeZoneOffset", signature=((_INSTANT,), "int64"))  # type: ignore[untyped-decorator]  # the same
def _time_zone_offset(instant: Any) -> Any:
    """ClickHouse's own: the seconds by which the clocks are ahead of UTC."""


@ibis.udf.scalar.builtin(name="addSeconds", signature=((_INSTANT, "int64"), _INSTANT))  # type: ignore[untyped-decorator]  # the same
def _add_seconds(instant: Any, seconds: Any) -> Any:
    """ClickHouse's own."""


def postgres_clock(instant: Any, zone: str) -> Any:
    """Return what the clocks of a zone showed at an instant, on PostgreSQL."""
    return _timezone(zone, instant)


def clickhouse_clock(instant: Any, zone: str) -> Any:
    """Return what the clocks of a zone showed at an instant, on ClickHouse."""
    ahead = _time_zone_offset(_to_time_zone(instant, zone))
    return _add_seconds(instant, ahead).cast(_CLOCK)

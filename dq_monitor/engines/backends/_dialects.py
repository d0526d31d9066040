"""The SQL that Ibis writes, corrected where it means something else than on other engines.

Only imported by plugs, late: Ibis is an optional driver.
"""

from __future__ import annotations

from typing import Any, ClassVar

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

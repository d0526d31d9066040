"""Digests of a batch's content: whether a key that comes again brings what it brought before."""

from __future__ import annotations

import hashlib

import polars as pl

_LOW = (1 << 64) - 1


def digest_of(rows: pl.DataFrame) -> str:
    """Return a digest of the rows that does not depend on their order; empty where there is none.

    Polars' hashes may change between versions, so the digest names the version that made it.
    """
    names = sorted(rows.columns)
    texts = [name for name in names if isinstance(rows.schema[name], pl.Categorical | pl.Enum)]
    plain = rows.select(names).with_columns(pl.col(texts).cast(pl.String))
    if any(dtype.is_object() for dtype in plain.dtypes):
        return ""
    columns = hashlib.sha256(repr([*plain.schema.items()]).encode()).hexdigest()[:16]
    hashes = plain.hash_rows() if names else pl.Series([], dtype=pl.UInt64)
    total = int(hashes.sum()) & _LOW
    return f"rows-polars-{pl.__version__}:{columns}-{plain.height}-{total:016x}"


def differ(before: str, now: str) -> bool:
    """Say whether two digests prove unlike content; those of unlike kinds prove nothing."""
    return bool(before and now) and _kind(before) == _kind(now) and before != now


def _kind(digest: str) -> str:
    return digest.rpartition(":")[0]

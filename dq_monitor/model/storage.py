"""How the Parquet files of a table are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Codec(StrEnum):
    """How column chunks are compressed."""

    ZSTD = "zstd"
    SNAPPY = "snappy"
    LZ4_RAW = "lz4_raw"
    GZIP = "gzip"
    UNCOMPRESSED = "uncompressed"


# The levels of the codecs that have some.
LEVELS: Mapping[Codec, range] = {Codec.ZSTD: range(1, 23), Codec.GZIP: range(10)}
# Measured on twenty columns: level 1 writes as fast as snappy, and half the bytes of it.
QUICK_ZSTD = 1


@dataclass(frozen=True, slots=True)
class Storage:
    """How the files of one table are written. `level` None is the codec's own quick one."""

    compression: Codec = Codec.ZSTD
    level: int | None = None
    max_rows_per_file: int | None = None

    @property
    def effort(self) -> int | None:
        """Return the level to compress at; None for what the codec does by itself."""
        if self.level is None and self.compression is Codec.ZSTD:
            return QUICK_ZSTD
        return self.level

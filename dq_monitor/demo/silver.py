"""Silver: typed, keyed and in one unit each: minutes, miles, degrees Fahrenheit, UTC."""

from __future__ import annotations

import polars as pl

MINUTES_IN_DAY = 24 * 60


def flights(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Type the flights; times become minutes after local midnight."""
    departed = pl.col("dep_time").is_not_null()
    return rows.select(
        flight_date=_local_date(),
        time_hour=_utc("time_hour"),
        carrier="carrier",
        flight=_whole("flight"),
        tailnum="tailnum",
        origin="origin",
        dest="dest",
        sched_dep_time=_minutes("sched_dep_time"),
        dep_time=_minutes("dep_time"),
        dep_delay=_whole("dep_delay"),
        sched_arr_time=_minutes("sched_arr_time"),
        arr_time=_minutes("arr_time"),
        arr_delay=_whole("arr_delay"),
        air_time=_whole("air_time"),
        distance=_whole("distance"),
        cancelled=~departed,
        # It took off, yet never arrived where it was meant to.
        diverted=departed & pl.col("arr_delay").is_null(),
    )


def weather(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Type the observations and add each one's change of temperature since the one before."""
    numbers = ("temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib")
    typed = rows.select(
        "origin",
        time_hour=_utc("time_hour"),
        observed_on=_local_date(),
        hour=_whole("hour"),
        wind_dir=_whole("wind_dir"),
        **{name: pl.col(name).cast(pl.Float64) for name in numbers},
    )
    change = pl.col("temp").diff().over("origin", order_by="time_hour")
    return typed.with_columns(temp_change=change)


def airports(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Type the airports; positions in degrees, altitude in feet."""
    return rows.select(
        "faa",
        "name",
        latitude=pl.col("lat").cast(pl.Float64),
        longitude=pl.col("lon").cast(pl.Float64),
        altitude=_whole("alt"),
        utc_offset=_whole("tz"),
        dst="dst",
        timezone="tzone",
    )


def planes(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Type the register of aircraft."""
    return rows.select(
        "tailnum",
        year_built=_whole("year"),
        type="type",
        manufacturer="manufacturer",
        model="model",
        engines=_whole("engines"),
        seats=_whole("seats"),
        speed=_whole("speed"),
        engine="engine",
    )


def airlines(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Keep the carriers' codes and names."""
    return rows.select("carrier", "name")


def _whole(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64)


def _utc(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")


def _local_date() -> pl.Expr:
    return pl.date(_whole("year"), _whole("month"), _whole("day"))


def _minutes(column: str) -> pl.Expr:
    # Delivered as HHMM, with midnight as 2400.
    clock = _whole(column)
    return (clock // 100 * 60 + clock % 100) % MINUTES_IN_DAY

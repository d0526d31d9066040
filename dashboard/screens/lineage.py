"""Lineage: which table is made from which, each with its status, and the chosen one beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from dashboard import access
from dashboard.cards import HEALTHY, LAST_WRITES, card_of
from dashboard.cells import number_cell, rule_cell, status_cell, text_cell
from dashboard.components import Column, Row, board, graph, ledger
from dashboard.layout import HEIGHT, WIDTH, Box, Layout, lay_out
from dashboard.marks import status_badge
from dashboard.words import LAYERS, STATUS_WORDS, WORST_FIRST, named, plain, several
from dq_monitor.store.views import Graph, GraphNode, TableStatus, Views

SHORTEST, TALLEST, USUAL_WIDTH = 360, 680, 870
TABLE_PAGE = "screens/table.py"


def show() -> None:
    """Draw the graph with the panel of the node that was clicked, or that the address names."""
    st.title("Lineage", anchor=False)
    with access.plainly():
        tables, views = access.tables(), access.views()
        seen = views.graph()
        if not seen.nodes:
            raise access.NothingYet(
                "No step of a pipeline has run, so no table is known by origin."
            )
        left, right = st.columns([73, 27], gap="medium")
        with left:
            selected = graph(drawn(seen), key="graph", selected=_asked(seen))
            st.caption(
                "Click a table, or reach it with Tab and the arrow keys. "
                "Drag to move, Ctrl and the wheel to zoom."
            )
        _remember(seen, selected)
        with right:
            _panel(seen, selected, {table.table: table for table in tables}, views)


def _asked(seen: Graph) -> str:
    """Return the node that the address names: by its table, or by its own id."""
    asked = st.query_params.get("node", "")
    return next((node.id for node in seen.nodes if asked and asked in {node.id, node.table}), "")


def _remember(seen: Graph, selected: str) -> None:
    """Put the selection into the address, by the table's name where it has one."""
    name = next((node.table or node.id for node in seen.nodes if node.id == selected), "")
    if name and st.query_params.get("node") != name:
        st.query_params["node"] = name


def drawn(seen: Graph) -> Mapping[str, Any]:
    """Return the graph as the component draws it: places, words and ways."""
    layout = lay_out(
        (node.id for node in seen.nodes), ((edge.source, edge.target) for edge in seen.edges)
    )
    jobs = {(edge.source, edge.target): edge.job for edge in seen.edges}
    layers = {_layer(node) for node in seen.nodes}
    return {
        "nodes": [
            _node(node, layout.boxes[node.id].x, layout.boxes[node.id].y)
            for node in sorted(seen.nodes, key=lambda node: _reading(layout.boxes[node.id]))
        ],
        "edges": [
            {
                "source": route.source,
                "target": route.target,
                "points": route.points,
                "back": route.back,
                "job": plain(jobs[route.source, route.target]),
            }
            for route in layout.routes
        ],
        "width": layout.width,
        "height": layout.height,
        "box": {"w": WIDTH, "h": HEIGHT},
        "view": _view(layout),
        "layers": [layer for layer in ("source", *LAYERS, "other") if layer in layers],
        "states": [{"status": status, "words": STATUS_WORDS[status]} for status in WORST_FIRST],
    }


def _view(layout: Layout) -> int:
    """Return how tall to draw: what the graph needs at the width that a desktop gives it."""
    scale = min(1.0, USUAL_WIDTH / max(layout.width, 1))
    return min(max(int(layout.height * scale) + 90, SHORTEST), TALLEST)


def _reading(box: Box) -> tuple[float, float]:
    return box.x, box.y


def _layer(node: GraphNode) -> str:
    return _of_layer(node.layer) if node.table else "source"


def _of_layer(layer: str) -> str:
    return layer if layer in LAYERS else "other"


def _node(node: GraphNode, x: float, y: float) -> Mapping[str, object]:
    name = node.table or node.label
    words = STATUS_WORDS[node.status] if node.table else "Source"
    layer, dot, short = name.partition(".")
    in_layer = bool(node.table and dot)
    return {
        "id": node.id,
        "title": plain(short if in_layer else name),
        "over": plain(layer, limit=16) if in_layer else "",
        "layer": _layer(node),
        "status": node.status.value,
        "words": words,
        "label": f"{plain(name)}: {words}",
        "x": x,
        "y": y,
    }


def _panel(seen: Graph, selected: str, tables: Mapping[str, TableStatus], views: Views) -> None:
    node = next((node for node in seen.nodes if node.id == selected), None)
    with st.container(border=True, key="panel"):
        if node is None:
            st.subheader("Nothing selected", anchor=False)
            st.write("Select a table to see its state, its last write and the rules that fail.")
            _worst(tables.values())
        elif node.table in tables:
            _table(tables[node.table], views)
            _paths(seen, node.id)
        else:
            _source(node)
            _paths(seen, node.id)


def _worst(tables: Iterable[TableStatus]) -> None:
    ailing = [t for t in tables if t.status not in HEALTHY]
    st.caption(f"{several(len(ailing), 'table')} not passing" if ailing else "All tables pass")
    for table in ailing:
        with st.container(horizontal=True, vertical_alignment="center"):
            status_badge(table.status)
            st.text(plain(table.table))


def _source(node: GraphNode) -> None:
    st.text(plain(node.label))
    st.caption("A source: it is read by the pipeline, and no rule pack guards it.")


def _table(table: TableStatus, views: Views) -> None:
    writes = views.writes(table.table, limit=LAST_WRITES)
    card = card_of(table, writes, datetime.now(UTC))
    opened = board([{"layer": _of_layer(table.layer), "cards": [card]}], key="panel card")
    if opened:
        st.switch_page(TABLE_PAGE, query_params={"table": opened})
    st.page_link(
        TABLE_PAGE,
        label="Open table",
        icon=":material/table_chart:",
        query_params={"table": table.table},
    )
    _still_open(views, table.table, _failing(views, table.table))


def _failing(views: Views, table: str) -> set[str]:
    """Show the rules that do not pass now; return their ids."""
    rules = [r for r in views.rules(table) if r.status not in HEALTHY]
    st.caption("Rules not passing" if rules else "Every rule passes")
    rows = [
        Row(
            rule.rule_id,
            (status_cell(rule.status), rule_cell(rule), number_cell(rule.failing_total)),
        )
        for rule in rules
    ]
    columns = (Column("Status", "status"), Column("Rule", "code"), Column("Rows", "number"))
    if rows:
        ledger("Rules not passing", columns, rows, key="failing", height=260)
    return {rule.rule_id for rule in rules}


def _still_open(views: Views, table: str, shown: set[str]) -> None:
    """Show incidents of rules that pass again: nobody has closed them."""
    found = [i for i in views.incidents() if i.table == table and i.rule_id not in shown]
    if not found:
        return
    st.caption("Incidents still open")
    columns = (Column("Severity", "status"), Column("Rule", "code"), Column("What"))
    rows = [
        Row(
            i.id,
            (status_cell(i.severity), text_cell(named(i.rule_id, i.segment)), text_cell(i.title)),
        )
        for i in found
    ]
    ledger("Incidents still open", columns, rows, key="incidents", height=220)


def _paths(seen: Graph, node: str) -> None:
    names = {n.id: plain(n.table or n.label) for n in seen.nodes}
    for title, found in (
        ("Reads", [edge.source for edge in seen.edges if edge.target == node]),
        ("Is read by", [edge.target for edge in seen.edges if edge.source == node]),
    ):
        _names(title, sorted({names[other] for other in found if other in names}))


def _names(title: str, names: Sequence[str]) -> None:
    if names:
        with st.container(gap=None):
            st.caption(title)
            st.text("\n".join(names))


if __name__ == "__main__":
    show()

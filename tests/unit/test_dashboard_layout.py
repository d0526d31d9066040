"""The lineage layout: no overlaps, edges to the right, the same for the same graph."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.layout import HEIGHT, WIDTH, Layout, lay_out

NAMES = st.sampled_from([f"layer.t{index}" for index in range(12)])
UNHURRIED = settings(deadline=None, max_examples=60)  # a busy machine is no failure
EDGES = st.lists(st.tuples(NAMES, NAMES), max_size=30)


def graph(edges: list[tuple[str, str]]) -> Layout:
    return lay_out({name for edge in edges for name in edge}, edges)


def overlap(layout: Layout, one: str, other: str) -> bool:
    a, b = layout.boxes[one], layout.boxes[other]
    return abs(a.x - b.x) < WIDTH and abs(a.y - b.y) < HEIGHT


@UNHURRIED
@given(EDGES)
def test_no_two_boxes_overlap(edges: list[tuple[str, str]]) -> None:
    layout = graph(edges)
    assert not [pair for pair in combinations(layout.boxes, 2) if overlap(layout, *pair)]


@UNHURRIED
@given(EDGES)
def test_every_edge_runs_left_to_right_unless_it_closes_a_cycle(
    edges: list[tuple[str, str]],
) -> None:
    layout = graph(edges)
    assert len(layout.routes) == len({(a, b) for a, b in edges if a != b})
    for route in layout.routes:
        steps = [right[0] - left[0] for left, right in pairwise(route.points)]
        assert all(step < 0 for step in steps) if route.back else all(step > 0 for step in steps)


@UNHURRIED
@given(EDGES)
def test_a_graph_without_its_back_edges_has_no_cycle(edges: list[tuple[str, str]]) -> None:
    for route in graph(edges).routes:
        x = graph(edges).boxes
        assert route.back or x[route.source].x < x[route.target].x


@UNHURRIED
@given(EDGES)
def test_all_is_drawn_inside_the_given_size(edges: list[tuple[str, str]]) -> None:
    layout = graph(edges)
    for box in layout.boxes.values():
        assert 0 <= box.x <= layout.width - WIDTH
        assert 0 <= box.y <= layout.height - HEIGHT + 0.2  # rounded to a tenth


@UNHURRIED
@given(EDGES, st.randoms())
def test_the_order_of_input_changes_nothing(edges: list[tuple[str, str]], random: object) -> None:
    shuffled = list(edges)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    assert graph(shuffled) == graph(edges)


@UNHURRIED
@given(EDGES)
def test_passing_edges_stay_clear_of_boxes_on_the_ranks_they_pass(
    edges: list[tuple[str, str]],
) -> None:
    layout = graph(edges)
    for route in layout.routes:
        for x, y in route.points[1:-1]:
            assert not [
                name
                for name, box in layout.boxes.items()
                if box.x in (x, x - WIDTH) and box.y < y < box.y + HEIGHT
            ]


def test_a_chain_stands_in_one_line() -> None:
    boxes = graph([("a", "b"), ("b", "c")]).boxes
    assert [boxes[name].y for name in "abc"] == [0.0, 0.0, 0.0]
    assert boxes["a"].x < boxes["b"].x < boxes["c"].x


def test_a_table_stands_right_of_all_that_it_reads() -> None:
    boxes = graph([("a", "b"), ("b", "c"), ("a", "c")]).boxes
    assert boxes["a"].x < boxes["b"].x < boxes["c"].x


def test_two_sources_are_ordered_so_that_their_edges_do_not_cross() -> None:
    boxes = graph([("a", "y"), ("b", "x"), ("x", "z"), ("y", "z")]).boxes
    assert (boxes["a"].y - boxes["b"].y) * (boxes["y"].y - boxes["x"].y) > 0


def test_a_cycle_is_drawn_with_one_edge_back() -> None:
    routes = graph([("a", "b"), ("b", "c"), ("c", "a")]).routes
    assert [(route.source, route.target) for route in routes if route.back] == [("c", "a")]


@pytest.mark.parametrize("edges", [[("a", "a")], [("a", "gone")]], ids=["itself", "unknown"])
def test_edges_to_itself_or_to_nothing_are_left_out(edges: list[tuple[str, str]]) -> None:
    assert lay_out(["a"], edges).routes == ()


def test_an_empty_graph_has_no_size() -> None:
    assert lay_out([], []) == Layout({}, (), 0.0, 0.0)


def test_a_table_without_edges_still_has_its_place() -> None:
    assert set(lay_out(["alone", "a", "b"], [("a", "b")]).boxes) == {"alone", "a", "b"}

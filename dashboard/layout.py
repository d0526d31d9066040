"""Where the boxes of a lineage graph stand: left to right, without overlaps, always the same.

Ranks by longest path, order within a rank by barycentres, heights by the least total shift; an edge
that passes over ranks is threaded through invisible points, so that it runs between the boxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 190.0, 62.0
GAP_X, GAP_Y = 66.0, 18.0
THREAD = 14.0  # height that a passing edge takes within a rank
SWEEPS = 12

Key = tuple[str, ...]  # ("id",) is a box, ("source", "target", "rank") a point of a passing edge
Link = tuple[Key, Key]


@dataclass(frozen=True, slots=True)
class Box:
    """A node's place: its upper left corner."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Route:
    """An edge's way: points from the right side of `source` to the left side of `target`.

    `back` says that it closes a cycle and so runs from right to left.
    """

    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    back: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawn graph, beginning at (0, 0)."""

    boxes: Mapping[str, Box]
    routes: tuple[Route, ...]
    width: float
    height: float


def lay_out(nodes: Iterable[str], edges: Iterable[tuple[str, str]]) -> Layout:
    """Place `nodes`; edges to themselves or to unknown nodes are left out."""
    names = sorted(set(nodes) - {""})
    wanted = sorted({(a, b) for a, b in edges if a != b and a in set(names) and b in set(names)})
    back = _back_edges(names, wanted)
    ranks = _ranks(names, [edge for edge in wanted if edge not in back])
    threads = {edge: _thread(edge, ranks) for edge in wanted}
    links = [link for thread in threads.values() for link in pairwise(thread)]
    columns = _columns(names, threads.values(), ranks)
    ordered = _order(columns, links)
    tops = _heights(ordered, links)
    return _drawing(names, threads, back, ranks, tops)


def _back_edges(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the edges that close a cycle, by a depth-first walk in the order of the names."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        after[source].append(target)
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    entered = {target for _, target in edges}
    for root in sorted(names, key=lambda name: (name in entered, name)):
        path = {root: iter(after[root])} if root not in done else {}
        while path:
            here = next(reversed(path))
            target = next(path[here], "")
            if not target:
                path.pop(here)
                done.add(here)
            elif target in path:
                back.add((here, target))
            elif target not in done:
                path[target] = iter(after[target])
    return back


def _ranks(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the length of the longest path that leads to each node."""
    waiting = dict.fromkeys(names, 0)
    for _, target in edges:
        waiting[target] += 1
    ranks = dict.fromkeys(names, 0)
    ready = [name for name in names if not waiting[name]]
    for name in ready:  # grows while it is walked
        for source, target in edges:
            if source == name:
                ranks[target] = max(ranks[target], ranks[name] + 1)
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
    return ranks


def _thread(edge: tuple[str, str], ranks: Mapping[str, int]) -> list[Key]:
    """Return what an edge passes on its way, from its lower rank to its higher."""
    low, high = sorted(edge, key=lambda name: ranks[name])
    between = range(ranks[low] + 1, ranks[high])
    return [(low,), *((*edge, str(rank)) for rank in between), (high,)]


def _columns(
    names: Sequence[str], threads: Iterable[Sequence[Key]], ranks: Mapping[str, int]
) -> list[list[Key]]:
    columns: list[list[Key]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for name in names:
        columns[ranks[name]].append((name,))
    for thread in threads:
        for point in thread[1:-1]:
            columns[int(point[2])].append(point)
    return [sorted(column) for column in columns]


def _neighbours(links: Iterable[Link]) -> tuple[dict[Key, list[Key]], dict[Key, list[Key]]]:
    before: dict[Key, list[Key]] = {}
    after: dict[Key, list[Key]] = {}
    for low, high in links:
        before.setdefault(high, []).append(low)
        after.setdefault(low, []).append(high)
    return before, after


def _order(columns: list[list[Key]], links: Sequence[Link]) -> list[list[Key]]:
    """Return the columns in the order, of all that the sweeps tried, with the fewest crossings."""
    before, after = _neighbours(links)
    best, fewest = columns, _crossings(columns, links)
    now = columns
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        now = _swept(now, before if forward else after, forward=forward)
        crossings = _crossings(now, links)
        if crossings < fewest:
            best, fewest = now, crossings
    return best


def _swept(
    columns: list[list[Key]], beside: Mapping[Key, list[Key]], *, forward: bool
) -> list[list[Key]]:
    place = {key: index for column in columns for index, key in enumerate(column)}
    swept = [list(column) for column in columns]
    for column in swept if forward else reversed(swept):
        column.sort(key=lambda key: (_mean([place[k] for k in beside.get(key, [key])]), key))
        place.update({key: index for index, key in enumerate(column)})
    return swept


def _crossings(columns: Sequence[Sequence[Key]], links: Sequence[Link]) -> int:
    rank = {key: index for index, column in enumerate(columns) for key in column}
    place = {key: index for column in columns for index, key in enumerate(column)}
    by_rank: dict[int, list[tuple[int, int]]] = {}
    for low, high in links:
        by_rank.setdefault(rank[low], []).append((place[low], place[high]))
    return sum(
        (a[0] - b[0]) * (a[1] - b[1]) < 0
        for ends in by_rank.values()
        for index, a in enumerate(ends)
        for b in ends[index + 1 :]
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _size(key: Key) -> float:
    return HEIGHT if len(key) == 1 else THREAD


def _heights(columns: Sequence[Sequence[Key]], links: Sequence[Link]) -> dict[Key, float]:
    """Return each key's middle: as near to its neighbours' as order and gaps allow."""
    before, after = _neighbours(links)
    middles: dict[Key, float] = {}
    for column in columns:
        middles.update(_spread(column, [0.0] * len(column)))
    for sweep in range(SWEEPS):
        beside = before if sweep % 2 == 0 else after
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wish = [_mean([middles[k] for k in beside.get(key, [key])]) for key in column]
            middles.update(_spread(column, wish))
    return middles


def _spread(column: Sequence[Key], wish: Sequence[float]) -> dict[Key, float]:
    """Return the middles nearest to `wish` (least squares) that keep the column's order and gaps.

    Without the room that the keys above take, that is an isotonic regression: neighbours that would
    overlap are pooled, and a pool stands at the mean of its wishes.
    """
    above, room = [], 0.0
    for key in column:
        above.append(room + _size(key) / 2)
        room += _size(key) + GAP_Y
    pools: list[tuple[float, int]] = []
    for value, offset in zip(wish, above, strict=True):
        pools.append((value - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (last, count), (mean, size) = pools.pop(), pools.pop()
            pools.append(((mean * size + last * count) / (size + count), size + count))
    levels = [mean for mean, size in pools for _ in range(size)]
    return {k: level + offset for k, level, offset in zip(column, levels, above, strict=True)}


def _drawing(
    names: Sequence[str],
    threads: Mapping[tuple[str, str], Sequence[Key]],
    back: set[tuple[str, str]],
    ranks: Mapping[str, int],
    middles: Mapping[Key, float],
) -> Layout:
    top = min((middle - _size(key) / 2 for key, middle in middles.items()), default=0.0)
    bottom = max((middle + _size(key) / 2 for key, middle in middles.items()), default=0.0)
    left = {name: ranks[name] * (WIDTH + GAP_X) for name in names}
    boxes = {n: Box(left[n], round(middles[n,] - HEIGHT / 2 - top, 1)) for n in names}
    routes = tuple(
        Route(*edge, _points(thread, left, middles, top, back=edge in back), back=edge in back)
        for edge, thread in threads.items()
    )
    width = max((x + WIDTH for x in left.values()), default=0.0)
    return Layout(boxes, routes, width, round(bottom - top, 1))


def _points(
    thread: Sequence[Key],
    left: Mapping[str, float],
    middles: Mapping[Key, float],
    top: float,
    *,
    back: bool,
) -> tuple[tuple[float, float], ...]:
    """Return the way through a thread; a passing point is crossed level, over a box's width."""
    points: list[tuple[float, float]] = []
    for index, key in enumerate(thread):
        y = round(middles[key] - top, 1)
        x = left[key[0]] if len(key) == 1 else int(key[2]) * (WIDTH + GAP_X)
        if index:
            points.append((x, y))
        if index < len(thread) - 1:
            points.append((x + WIDTH, y))
    return tuple(reversed(points)) if back else tuple(points)

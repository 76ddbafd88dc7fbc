"""Steps as a graph: what waited for what, from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.models import Step

WIDTH, HEIGHT = 184, 44  # of a node, in pixels
ACROSS, DOWN = 56, 14  # between them
MOST = 80  # steps; more of them nobody can read as a picture


@dataclass(frozen=True)
class Node:
    step: Step
    x: int
    y: int

    @property
    def label_x(self) -> int:
        return self.x + 12

    @property
    def middle(self) -> int:
        return self.y + HEIGHT // 2


@dataclass(frozen=True)
class Graph:
    nodes: tuple[Node, ...]
    edges: tuple[str, ...]  # paths of SVG
    width: int
    height: int

    @property
    def sentence(self) -> str:
        """What stands for the picture where it cannot be seen."""
        said = [
            f"{node.step.name} after {' and '.join(node.step.after)}"
            for node in self.nodes
            if node.step.after
        ]
        return f"{len(self.nodes)} steps. " + "; ".join(said) + "."


def graph(steps: Sequence[Step]) -> Graph | None:
    """None where there is no order to show: one step, none that waited, or too many."""
    if not 1 < len(steps) <= MOST or not any(step.after for step in steps):
        return None
    layers = _layers(steps)
    columns: dict[int, list[Step]] = {}
    for step in steps:
        columns.setdefault(layers[step.name], []).append(step)
    tallest = max(len(column) for column in columns.values())
    height = tallest * HEIGHT + (tallest - 1) * DOWN
    nodes = {
        step.name: Node(step, x=layer * (WIDTH + ACROSS), y=_top(row, len(column), height))
        for layer, column in columns.items()
        for row, step in enumerate(column)
    }
    return Graph(
        nodes=tuple(nodes.values()),
        edges=tuple(_edges(nodes)),
        width=len(columns) * (WIDTH + ACROSS) - ACROSS,
        height=height,
    )


def _layers(steps: Sequence[Step]) -> dict[str, int]:
    """By step: how many stand before it on the longest way. A circle, which no cloud should
    report, ends the way where it closes."""
    before = {step.name: [name for name in step.after if name != step.name] for step in steps}
    found: dict[str, int] = {}
    for step in steps:
        _layer(step.name, before, found, frozenset())
    return _dense(found)


def _layer(
    name: str, before: Mapping[str, list[str]], found: dict[str, int], way: frozenset[str]
) -> int:
    if name not in found:
        way |= {name}
        earlier = [each for each in before[name] if each in before and each not in way]
        ways = [_layer(each, before, found, way) + 1 for each in earlier]
        found[name] = max(ways, default=0)
    return found[name]


def _dense(layers: dict[str, int]) -> dict[str, int]:
    """Without empty columns."""
    numbers = {layer: n for n, layer in enumerate(sorted(set(layers.values())))}
    return {name: numbers[layer] for name, layer in layers.items()}


def _top(row: int, rows: int, height: int) -> int:
    whole = rows * HEIGHT + (rows - 1) * DOWN
    return (height - whole) // 2 + row * (HEIGHT + DOWN)


def _edges(nodes: Mapping[str, Node]) -> list[str]:
    return [
        _curve(nodes[name], node)
        for node in nodes.values()
        for name in node.step.after
        if name in nodes and name != node.step.name
    ]


def _curve(a: Node, b: Node) -> str:
    start, end = a.x + WIDTH, b.x
    bend = (start + end) // 2
    return f"M{start} {a.middle} C{bend} {a.middle} {bend} {b.middle} {end} {b.middle}"

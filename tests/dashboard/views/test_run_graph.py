"""Steps of a run as a graph."""

from __future__ import annotations

from dashboard.models import Step
from dashboard.views.graph import WIDTH, graph


def step(name: str, *after: str) -> Step:
    return Step(name=name, status="succeeded", after=list(after))


def columns(*steps: Step) -> dict[str, int]:
    found = graph(steps)
    assert found
    return {node.step.name: node.x // WIDTH for node in found.nodes}


def test_a_step_stands_right_of_all_that_it_waited_for() -> None:
    found = columns(step("a"), step("b", "a"), step("c"), step("d", "b", "c"))
    assert found == {"a": 0, "c": 0, "b": 1, "d": 2}


def test_there_is_an_edge_for_each_wait() -> None:
    found = graph([step("a"), step("b", "a"), step("c", "a", "b")])
    assert found and len(found.edges) == 3
    assert found.sentence == "3 steps. b after a; c after a and b."


def test_steps_without_an_order_are_no_graph() -> None:
    assert graph([step("a"), step("b")]) is None
    assert graph([step("a")]) is None
    assert graph([]) is None


def test_what_is_not_there_and_what_goes_in_a_circle_breaks_nothing() -> None:
    found = graph([step("a", "gone", "b"), step("b", "a"), step("c", "c", "b")])
    assert found and len(found.nodes) == 3


def test_more_steps_than_anybody_can_read_are_left_to_the_table() -> None:
    assert graph([step(str(n), "0") for n in range(100)]) is None

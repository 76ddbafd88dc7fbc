"""What runs before what: a table of step → the steps that it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def cycle(waits: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The first cycle, as a walk that ends where it began (a, b, a); empty where none is."""
    done: set[str] = set()
    for start in waits:
        found = _walk(start, waits, done)
        if found:
            return found
    return ()


def _walk(start: str, waits: Mapping[str, Iterable[str]], done: set[str]) -> tuple[str, ...]:
    """Depth first without recursion: a pasted definition may chain thousands of steps."""
    trail: dict[str, None] = {}  # in order, and quick to look into
    pending = [(start, False)]
    while pending:
        step, left = pending.pop()
        if left:
            done.add(trail.popitem()[0])
        elif step in trail:
            steps = list(trail)
            return (*steps[steps.index(step) :], step)
        elif step not in done:
            trail[step] = None
            pending.append((step, True))
            pending.extend((before, False) for before in waits.get(step, ()))
    return ()

"""Chains of Pipelines in which the end of one's run starts the next; none may lead back."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Mapping

from dashboard.models import Pipeline, Trigger
from provisioning.contracts import CompletionSpec, TriggerKind, TriggerSpec
from provisioning.errors import Problem


class Chains:
    """Whom a Pipeline being saved may wait for, as things stand within its transaction."""

    def __init__(self, saved: Pipeline, *, present: Collection[int] = ()) -> None:
        self._saved = saved
        self._present = present  # upstream Pipelines that it waits for already

    def problems(self, spec: TriggerSpec) -> list[Problem]:
        if not isinstance(spec, CompletionSpec):
            return []
        message = self._missing(spec.pipeline) or self._loop(spec.pipeline)
        return [Problem(field="pipeline", message=message)] if message else []

    def _missing(self, upstream: int) -> str:
        # One that was deleted since stays: else nothing else of this Pipeline could be edited.
        found = Pipeline.objects.filter(pk=upstream)
        if upstream not in self._present:
            found = found.filter(archived_at=None)
        return "" if found.exists() else f"There is no pipeline {upstream}."

    def _loop(self, upstream: int) -> str:
        # Nobody can wait yet for one that is new: then there is no way.
        way = _way(_edges(), self._saved.pk, upstream)
        if not way:
            return ""
        names = dict(Pipeline.objects.filter(pk__in=way).values_list("pk", "name"))
        named = " → ".join([self._saved.name, *(names[id] for id in way[1:]), self._saved.name])
        return f"This would be a loop that never ends: {named}."


def upstreams(triggers: Collection[Mapping[str, object]]) -> frozenset[int]:
    """The Pipelines that these triggers, as a Version keeps them, wait for."""
    waiting = [one for one in triggers if one.get("kind") == TriggerKind.COMPLETION]
    return frozenset(id for one in waiting if isinstance(id := one.get("pipeline"), int))


def lock() -> None:
    """Within a transaction: nobody else saves a chain until its end, so that two halves of a
    loop are not saved at the same moment. Everybody locks in the same order."""
    rows = Pipeline.objects.filter(archived_at=None).select_for_update().order_by("pk")
    list(rows.values_list("pk"))


def _edges() -> dict[int, set[int]]:
    """Pipeline → those that its ends start, by what was saved last."""
    edges: dict[int, set[int]] = defaultdict(set)
    waiting = Trigger.objects.filter(kind=TriggerKind.COMPLETION.value, removed_at=None)
    found = waiting.filter(pipeline__archived_at=None).values_list("config", "pipeline_id")
    for config, downstream in found:
        edges[config["pipeline"]].add(downstream)
    return edges


def _way(edges: Mapping[int, Collection[int]], begin: int, end: int) -> list[int]:
    """The shortest way along the edges, both ends included; empty where there is none."""
    before: dict[int, int] = {begin: begin}
    waiting = deque([begin])
    while waiting:
        here = waiting.popleft()
        if here == end:
            return _back(before, begin, end)
        for following in sorted(edges.get(here, ())):
            if following not in before:
                before[following] = here
                waiting.append(following)
    return []


def _back(before: Mapping[int, int], begin: int, end: int) -> list[int]:
    way = [end]
    while way[-1] != begin:
        way.append(before[way[-1]])
    return way[::-1]

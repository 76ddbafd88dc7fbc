"""The queue of runs: a pipeline may limit how many of its runs are under way at once."""

from __future__ import annotations

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.datafactory.runs.index import RunIndex
from provisioning.sandbox.azure.datafactory.runs.records import PipelineRun

_QUEUE_SECONDS = 1.5


class Queue:
    def __init__(self, manager: Manager, index: RunIndex) -> None:
        self._manager = manager
        self._index = index
        for run in index.all_runs():
            self.announce(run)

    def enter(self, run: PipelineRun) -> None:
        if self._has_room(run):
            run.due = run.begun + _QUEUE_SECONDS
        self._index.put(run)
        self.announce(run)

    def left(self, run: PipelineRun) -> None:
        """The run has ended: the next in line goes on."""
        self._index.put(run)
        waiting = [
            each
            for each in self._index.of_factory(run.factory)
            if each.status == "Queued" and each.due is None and _same_pipeline(each, run)
        ]
        for next_run in sorted(waiting, key=lambda each: each.begun):
            if not self._has_room(next_run):
                return
            next_run.due = self._manager.now() + _QUEUE_SECONDS
            self._index.put(next_run)
            self.announce(next_run)

    def _has_room(self, run: PipelineRun) -> bool:
        most = self._index.definitions.get(run.definition).get("concurrency")
        if most is None:
            return True
        under_way = [
            each
            for each in self._index.of_factory(run.factory)
            if _same_pipeline(each, run) and each.id != run.id and not each.final
            if each.status != "Queued" or each.due is not None
        ]
        return len(under_way) < int(most)

    def announce(self, run: PipelineRun) -> None:
        if run.due is not None and not run.final:
            self._manager.world.simulation.announce(at=run.due, kind="azure_run", key=run.key)


def _same_pipeline(one: PipelineRun, other: PipelineRun) -> bool:
    return one.pipeline.lower() == other.pipeline.lower()

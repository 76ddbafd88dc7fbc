"""From the record of an activity run to the step that its type works on."""

from __future__ import annotations

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.datafactory.runs.definitions import named, scope_of
from provisioning.sandbox.azure.datafactory.runs.index import RunIndex
from provisioning.sandbox.azure.datafactory.runs.records import ActivityRun
from provisioning.sandbox.azure.datafactory.runs.steps import Step
from provisioning.sandbox.azure.datafactory.runs.surroundings import Surroundings


class Steps:
    def __init__(self, manager: Manager, index: RunIndex) -> None:
        self._manager = manager
        self._index = index

    def of(self, record: ActivityRun) -> Step:
        run = self._index.run(record.run)
        assert run, "an activity's run is kept as long as it is"
        definition = self._index.definitions.get(run.definition)
        surroundings = Surroundings(
            run,
            factory=self._manager.resources.get(run.factory),
            scope=record.scope,
            find=lambda scope, name: self._index.find(run.id, scope, name),
            items=self._index.items,
        )
        return Step(
            run=run,
            record=record,
            spec=named(scope_of(definition, record.scope), record.name),
            index=self._index,
            functions=surroundings.functions(),
            now=self._manager.now(),
        )

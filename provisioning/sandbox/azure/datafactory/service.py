"""Puts the simulated Data Factory together."""

from __future__ import annotations

from collections.abc import Iterator

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.collection import Collection
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.documents import (
    Credentials,
    DataFlows,
    Datasets,
    IntegrationRuntimes,
)
from provisioning.sandbox.azure.datafactory.factories import Factories
from provisioning.sandbox.azure.datafactory.linked_services import LinkedServices
from provisioning.sandbox.azure.datafactory.pipelines import Pipelines
from provisioning.sandbox.azure.datafactory.triggers.documents import Triggers
from provisioning.sandbox.azure.datafactory.triggers.lifecycle import TriggerLife
from provisioning.sandbox.rest import RestResponse, Route


class DataFactory:
    def __init__(self, manager: Manager) -> None:
        self._factories = Collection(manager, Factories(manager))
        self._pipelines = Collection(manager, Pipelines(manager))
        triggers = Triggers(manager)
        self._triggers = Collection(manager, triggers)
        self._life = TriggerLife(triggers, self._triggers, _Nothing())
        self._others = [
            Collection(manager, kind(manager))
            for kind in (LinkedServices, Datasets, DataFlows, Credentials, IntegrationRuntimes)
        ]

    def routes(self) -> Iterator[Route]:
        for collection in (self._factories, self._pipelines, self._triggers, *self._others):
            yield from collection.routes()
        yield from self._life.routes()
        yield self._factories.at(
            "POST", "querytriggers", "Triggers.QueryByFactory", self._query_triggers
        )

    def _query_triggers(self, call: ArmCall, factory: Resource) -> RestResponse:
        wanted = call.json().get("parentTriggerName")
        found = self._triggers.shown_in(call, factory)
        return RestResponse(200, {"value": [] if wanted else found})


class _Nothing:
    def require_startable(self, trigger: Resource) -> None: ...
    def started(self, trigger: Resource) -> None: ...
    def stopped(self, trigger: Resource) -> None: ...

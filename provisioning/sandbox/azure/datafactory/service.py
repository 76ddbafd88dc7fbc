"""Puts the simulated Data Factory together."""

from __future__ import annotations

from collections.abc import Iterator

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.collection import Collection
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.authorization.access import Access
from provisioning.sandbox.azure.datafactory.data.access import Doorkeeper
from provisioning.sandbox.azure.datafactory.data.places import Places
from provisioning.sandbox.azure.datafactory.documents import (
    Credentials,
    DataFlows,
    Datasets,
    IntegrationRuntimes,
)
from provisioning.sandbox.azure.datafactory.factories import Factories
from provisioning.sandbox.azure.datafactory.linked_services import LinkedServices
from provisioning.sandbox.azure.datafactory.pipelines import Pipelines
from provisioning.sandbox.azure.datafactory.runs.api import RunsApi
from provisioning.sandbox.azure.datafactory.runs.catalogue import activity_types
from provisioning.sandbox.azure.datafactory.runs.engine import Runs
from provisioning.sandbox.azure.datafactory.runs.index import RunIndex
from provisioning.sandbox.azure.datafactory.runs.starting import Starting
from provisioning.sandbox.azure.datafactory.triggers.api import TriggerRunsApi
from provisioning.sandbox.azure.datafactory.triggers.deliveries import Deliveries
from provisioning.sandbox.azure.datafactory.triggers.documents import Triggers
from provisioning.sandbox.azure.datafactory.triggers.events import EventTriggers
from provisioning.sandbox.azure.datafactory.triggers.firing import Source, Sources
from provisioning.sandbox.azure.datafactory.triggers.lifecycle import TriggerLife
from provisioning.sandbox.azure.datafactory.triggers.schedules import Schedules
from provisioning.sandbox.azure.datafactory.triggers.trigger_runs import TriggerRuns
from provisioning.sandbox.azure.datafactory.triggers.windows import Windows
from provisioning.sandbox.azure.eventgrid.bus import Bus
from provisioning.sandbox.azure.storage.blobs import Blobs
from provisioning.sandbox.rest import RestResponse, Route


class DataFactory:
    def __init__(self, manager: Manager, *, bus: Bus, blobs: Blobs, access: Access) -> None:
        self._factories = Collection(manager, Factories(manager))
        self._pipelines = Collection(manager, Pipelines(manager))
        self._others = [
            Collection(manager, kind(manager))
            for kind in (LinkedServices, Datasets, DataFlows, Credentials, IntegrationRuntimes)
        ]
        index = RunIndex(manager.world.store)
        starting = Starting(manager, index)
        places = Places(manager, blobs, Doorkeeper(manager, blobs, access))
        runs = Runs(manager, index, activity_types(starting, places))
        starting.engine = runs
        self._runs = RunsApi(manager, runs, starting)
        triggers = Triggers(manager)
        self._triggers = Collection(manager, triggers)
        trigger_runs = TriggerRuns(manager, starting)
        deliveries = Deliveries(manager, triggers, trigger_runs)
        windows = Windows(manager, triggers, deliveries, trigger_runs)
        runs.when_ended(windows.ended)
        self._trigger_runs = TriggerRunsApi(manager, trigger_runs, windows, runs)
        events = EventTriggers(manager, triggers, deliveries, trigger_runs, bus)
        sources: dict[str, Source] = {
            "BlobEventsTrigger": events,
            "CustomEventsTrigger": events,
            "ScheduleTrigger": Schedules(manager, triggers, deliveries),
            "TumblingWindowTrigger": windows,
        }
        self._life = TriggerLife(
            triggers, self._triggers, Sources(manager, triggers, sources), access
        )

    def routes(self) -> Iterator[Route]:
        for collection in (self._factories, self._pipelines, self._triggers, *self._others):
            yield from collection.routes()
        yield from self._life.routes()
        yield from self._runs.routes(self._factories, self._pipelines)
        yield from self._trigger_runs.routes(self._factories, self._triggers)
        yield self._factories.at(
            "POST", "querytriggers", "Triggers.QueryByFactory", self._query_triggers
        )

    def _query_triggers(self, call: ArmCall, factory: Resource) -> RestResponse:
        wanted = call.json().get("parentTriggerName")
        found = self._triggers.shown_in(call, factory)
        return RestResponse(200, {"value": [] if wanted else found})

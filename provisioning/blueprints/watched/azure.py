"""Azure: pipelines of data factories, whoever made them, with the triggers that start them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from provisioning.blueprints.base import Blueprint
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Cloud,
    MissedCause,
    SeenTrigger,
    StackSpec,
    Unread,
    Watchable,
)
from provisioning.errors import NotFound

from ..azure_data_factory import causes, console, native_text
from ..azure_data_factory.api import STARTED, FactoryApi, Json
from .azure_reader import FactoryReader
from .azure_triggers import spec_of
from .looking import Look, key_of
from .watcher import Discoverer, Watcher, settings_of

KIND = "watched_data_factory_pipeline"
MAY_LIST = "Microsoft.DataFactory/factories/{}read"
MAY_READ_RUNS = (
    "Microsoft.DataFactory/factories/queryPipelineRuns/action",
    "Microsoft.DataFactory/factories/pipelineruns/queryActivityruns/action",
    "Microsoft.DataFactory/factories/queryTriggerRuns/action",
)
PIPELINES, TRIGGERS = "Data Factory pipelines", "Data Factory triggers"
RUNS = "Runs of data factories"
DAY = timedelta(days=1)


class WatchedFactoryPipeline(Watcher):
    cloud = Cloud.AZURE
    kind, label, service = KIND, "Data Factory pipeline", "Data Factory"

    def observe(self, session: Session, cloud_id: str) -> tuple[Watchable, tuple[Unread, ...]]:
        group, factory, name = place_of(cloud_id)
        client = session.client("datafactory")
        with cloud_errors("read the pipeline"):
            found = client.pipelines.get(group, factory, name).as_dict()
            where = client.factories.get(group, factory).as_dict()
        look = Look(session)
        started = _started(look, where)
        return _pipeline(found, where, started), tuple(look.unread)

    def reader(self, session: Session, spec: StackSpec) -> FactoryReader:
        return FactoryReader(session, spec)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        if "/" in cloud_id:
            return None
        return console.of_factory(_factory_id(settings_of(spec).cloud_id), cloud_id)

    def explain_missed(
        self, session: Session, spec: StackSpec, key: str, dues: Sequence[datetime]
    ) -> Mapping[datetime, MissedCause]:
        settings = settings_of(spec)
        starter = settings.starters.get(key)
        wanted = [due for due in dues if due > session.now() - causes.KEPT]
        if starter is None or not wanted:
            return {}
        api = FactoryApi.of_factory(session, *place_of(settings.cloud_id))
        return causes.failures(api, lambda native: native == starter.name, wanted)


class FactoryDiscoverer:
    kinds: tuple[str, ...] = (KIND,)

    def discover(self, session: Session) -> Iterator[Watchable | Unread]:
        look, client = Look(session), session.client("datafactory")
        factories = look.all_of(
            "Data factories",
            (MAY_LIST.format(""),),
            (each.as_dict() for each in client.factories.list()),
            KIND,
        )
        for factory in look.spaced(factories):
            yield from self._of(look, factory)
        if factories:
            self._ask_for_runs(look, factories[0])
        yield from _once(look.unread)

    def _of(self, look: Look, factory: Json) -> Iterator[Watchable]:
        client = look.session.client("datafactory")
        place = factory["id"].split("/")[4], factory["name"]
        pipelines = look.all_of(
            PIPELINES,
            (MAY_LIST.format("pipelines/"),),
            _still_there(client.pipelines.list_by_factory, place),
            KIND,
        )
        started = _started(look, factory) if pipelines else {}
        yield from (_pipeline(each, factory, started) for each in pipelines)

    def _ask_for_runs(self, look: Look, factory: Json) -> None:
        """Reader, a built-in role, may list pipelines and not their runs: better said now."""
        now = look.session.now()
        asked = {
            "lastUpdatedAfter": (now - DAY).isoformat(),
            "lastUpdatedBefore": now.isoformat(),
        }
        api = FactoryApi.of_factory(look.session, factory["id"].split("/")[4], factory["name"])
        look.all_of(RUNS, MAY_READ_RUNS, _runs(api, asked))


def _runs(api: FactoryApi, asked: Json) -> Iterator[Json]:
    yield from api.pipeline_runs(asked).get("value", ())


def _still_there(listed: Any, place: tuple[str, str]) -> Iterator[Json]:
    """None of a factory that was deleted since it was listed."""
    try:
        with cloud_errors("list what the factories have"):
            yield from (each.as_dict() for each in listed(*place))
    except NotFound:
        return


def _once(unread: list[Unread]) -> list[Unread]:
    """Several factories that may not be read are one refusal."""
    return list({each.what: each for each in reversed(unread)}.values())[::-1]


def _started(look: Look, factory: Json) -> dict[str, list[SeenTrigger]]:
    """Pipeline's name → what starts it, in order."""
    client, now = look.session.client("datafactory"), look.session.now()
    place = factory["id"].split("/")[4], factory["name"]
    found: dict[str, list[SeenTrigger]] = defaultdict(list)
    listed = _still_there(client.triggers.list_by_factory, place)
    for each in look.all_of(TRIGGERS, (MAY_LIST.format("triggers/"),), listed):
        trigger = _trigger(each, now)
        for name in native_text.pipelines(each["properties"]):
            found[name].append(trigger)
    return {name: sorted(some, key=lambda each: each.cloud_id) for name, some in found.items()}


def _trigger(found: Json, now: datetime) -> SeenTrigger:
    properties = found["properties"]
    text = native_text.said(properties)
    return SeenTrigger(
        cloud_id=found["id"],
        name=found["name"],
        native=text,
        running=properties.get("runtimeState") == STARTED,
        spec=spec_of(key_of(found["id"]), properties, text, now),
        next=native_text.next_firing(properties, now),
    )


def _pipeline(found: Json, factory: Json, started: Mapping[str, list[SeenTrigger]]) -> Watchable:
    return Watchable(
        kind=KIND,
        cloud_id=found["id"],
        name=found["name"],
        region=str(factory.get("location", "")),
        detail=f"in factory {factory['name']}",
        console=console.pipeline(_factory_id(found["id"]), found["name"]),
        triggers=tuple(started.get(found["name"], ())),
    )


def place_of(cloud_id: str) -> tuple[str, str, str]:
    """ "/subscriptions/…/resourceGroups/GROUP/providers/…/factories/FACTORY/pipelines/NAME" """
    parts = cloud_id.split("/")
    return parts[4], parts[8], parts[10]


def _factory_id(cloud_id: str) -> str:
    return "/".join(cloud_id.split("/")[:9])


WATCHERS: tuple[Blueprint, ...] = (WatchedFactoryPipeline(),)
DISCOVERER: Discoverer = FactoryDiscoverer()

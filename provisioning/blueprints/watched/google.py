"""Google Cloud: data pipelines and Eventarc triggers, whoever made them. Of the Connection's
region: Google lists one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from provisioning.blueprints.base import Blueprint, RunReader
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import Cloud, NativeSpec, SeenTrigger, StackSpec, Unread, Watchable
from provisioning.schedules import natively

from ..google_common import eventarc
from ..google_common.calls import pages
from ..google_common.names import Place
from ..google_common.times import utc
from ..google_data_pipeline import console as pipeline_console
from . import google_console
from .google_jobs import JobReader
from .google_requests import RequestReader
from .google_workflows import ExecutionReader
from .looking import Look, key_of
from .watcher import Discoverer, Watcher, settings_of

PIPELINE, TRIGGER = "watched_data_pipeline", "watched_eventarc_trigger"
ACTIVE = "STATE_ACTIVE"


class WatchedDataPipeline(Watcher):
    cloud = Cloud.GOOGLE
    kind, label, service = PIPELINE, "Google data pipeline", "Data Pipelines"

    def observe(self, session: Session, cloud_id: str) -> tuple[Watchable, tuple[Unread, ...]]:
        pipelines = session.client("datapipelines").projects().locations().pipelines()
        with cloud_errors("read the data pipeline"):
            found = pipelines.get(name=cloud_id).execute()
        return _pipeline(found, session.region, session.now()), ()

    def reader(self, session: Session, spec: StackSpec) -> JobReader:
        return JobReader(session, spec)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return pipeline_console.url(cloud_id)


class WatchedEventarcTrigger(Watcher):
    cloud = Cloud.GOOGLE
    kind, label, service = TRIGGER, "Eventarc trigger", "Eventarc"

    def observe(self, session: Session, cloud_id: str) -> tuple[Watchable, tuple[Unread, ...]]:
        triggers = session.client("eventarc").projects().locations().triggers()
        with cloud_errors("read the Eventarc trigger"):
            found = triggers.get(name=cloud_id).execute()
        return _trigger(found, session), ()

    def reader(self, session: Session, spec: StackSpec) -> RunReader:
        """Of what the events are carried to: a workflow's executions, a service's requests."""
        if "/workflows/" in settings_of(spec).target:
            return ExecutionReader(session, spec)
        return RequestReader(session, spec)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return google_console.run(cloud_id)


class GoogleDiscoverer:
    kinds: tuple[str, ...] = (PIPELINE, TRIGGER)

    def discover(self, session: Session) -> Iterator[Watchable | Unread]:
        look, now = Look(session), session.now()
        parent = Place(session.region, session.account).parent
        pipelines = session.client("datapipelines").projects().locations().pipelines()
        triggers = session.client("eventarc").projects().locations().triggers()
        for each in look.all_of(
            "Data pipelines",
            ("datapipelines.pipelines.list",),
            pages(pipelines, "pipelines", "list the data pipelines", parent=parent),
            PIPELINE,
        ):
            yield _pipeline(each, session.region, now)
        for each in look.all_of(
            "Eventarc triggers",
            ("eventarc.triggers.list",),
            pages(triggers, "triggers", "list the Eventarc triggers", parent=parent),
            TRIGGER,
        ):
            yield _trigger(each, session)
        yield from look.unread


def _pipeline(found: Mapping[str, Any], region: str, now: datetime) -> Watchable:
    name = str(found["name"])
    said = found.get("scheduleInfo") or {}
    state = str(found.get("state", ""))
    paused = "" if state == ACTIVE else state.removeprefix("STATE_").lower()
    return Watchable(
        kind=PIPELINE,
        cloud_id=name,
        name=str(found.get("displayName") or name.rpartition("/")[2]),
        region=region,
        detail=f"{paused} in the cloud" if paused else "",
        console=pipeline_console.pipeline(name),
        triggers=(_schedule(found, now),) if said.get("schedule") else (),
    )


def _schedule(found: Mapping[str, Any], now: datetime) -> SeenTrigger:
    """A schedule is part of its data pipeline; when it was last changed is not told of it alone."""
    said = found["scheduleInfo"]
    expression, zone = str(said["schedule"]), str(said.get("timeZone") or "UTC")
    text = f"{expression} {zone}"
    spec = natively.read(key_of(found["name"]), "gcp", expression, zone, text=text, now=now)
    running = found.get("state") == ACTIVE
    told = utc(said.get("nextJobTime"))
    coming = natively.next_firing(spec, now) or (told if told and told > now else None)
    return SeenTrigger(
        cloud_id=found["name"],
        name=str(found["name"]).rpartition("/")[2],
        native=text,
        running=running,
        spec=spec,
        since=utc(found.get("lastUpdateTime") or found.get("createTime")),
        next=coming if running else None,
    )


def _trigger(found: Mapping[str, Any], session: Session) -> Watchable:
    name, native = str(found["name"]), eventarc.native(found)
    key, target = key_of(name), _target(found, session)
    seen = SeenTrigger(
        cloud_id=name,
        name=name.rpartition("/")[2],
        native=native,
        running=True,  # Eventarc knows nothing else
        spec=NativeSpec(key=key, text=native),
    )
    what = "workflow" if "/workflows/" in target else "Cloud Run service"
    leads = f"carries events to {what} {target.rpartition('/')[2]}" if target else ""
    return Watchable(
        kind=TRIGGER,
        cloud_id=name,
        name=name.rpartition("/")[2],
        region=session.region,
        target=target,
        detail=leads or "carries events to what Skyclock cannot read runs of",
        console=google_console.trigger(name),
        triggers=(seen,),
    )


def _target(found: Mapping[str, Any], session: Session) -> str:
    leads = found.get("destination") or {}
    if leads.get("workflow"):
        return str(leads["workflow"])
    run = leads.get("cloudRun") or {}
    if not run.get("service"):
        return ""
    place = Place(str(run.get("region") or session.region), session.account)
    return f"{place.parent}/services/{run['service']}"


WATCHERS: tuple[Blueprint, ...] = (WatchedDataPipeline(), WatchedEventarcTrigger())
DISCOVERER: Discoverer = GoogleDiscoverer()

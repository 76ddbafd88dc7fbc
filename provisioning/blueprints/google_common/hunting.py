"""Schedules and event triggers of a project, whoever made them: listed, paused and removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.blueprints.base import Hunter
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import NativeTrigger
from provisioning.errors import NotFound, NotPossible

from . import eventarc
from .calls import pages
from .names import Place
from .operations import wait

SCHEDULE, EVENTS = "Data pipeline with a schedule", "Eventarc trigger"
# What an update takes of what a read gives; without the schedule, which it takes away.
WRITABLE = ("name", "displayName", "type", "state", "workload", "schedulerServiceAccountEmail")


class GoogleHunter:
    kinds: tuple[str, ...] = (SCHEDULE, EVENTS)

    def listed(self, session: Session, kind: str) -> Iterator[NativeTrigger]:
        parent = Place(session.region, session.account).parent
        if kind == EVENTS:
            found = pages(
                _triggers(session), "triggers", "list the Eventarc triggers", parent=parent
            )
            yield from map(_carried, found)
            return
        pipelines = _pipelines(session)
        for each in pages(pipelines, "pipelines", "list the data pipelines", parent=parent):
            # One without a schedule starts nothing by itself.
            if each.get("scheduleInfo", {}).get("schedule"):
                yield _scheduled(each)

    def described(self, session: Session, found: NativeTrigger) -> NativeTrigger:
        return found  # both are listed in full

    def pause(self, session: Session, cloud_id: str) -> None:
        """Google has no pause for a schedule: it is taken away."""
        if not _is_pipeline(cloud_id):
            raise NotPossible("Eventarc has no pause for a trigger. Remove it, or ignore it.")
        with cloud_errors("take the schedule away"):
            found = _pipelines(session).get(name=cloud_id).execute()
            body = {name: found[name] for name in WRITABLE if name in found}
            call = _pipelines(session).patch(name=cloud_id, updateMask="scheduleInfo", body=body)
            call.execute()

    def remove(self, session: Session, cloud_id: str) -> None:
        """A schedule is part of its data pipeline and goes with it."""
        try:
            if not _is_pipeline(cloud_id):
                call = _triggers(session).delete(name=cloud_id)
                wait(session, "eventarc", call, "delete the trigger")
                return
            with cloud_errors("delete the data pipeline"):
                _pipelines(session).delete(name=cloud_id).execute()
        except NotFound:
            return


def _scheduled(pipeline: dict[str, Any]) -> NativeTrigger:
    said = pipeline["scheduleInfo"]
    return NativeTrigger(
        cloud_id=pipeline["name"],
        name=_last(pipeline["name"]),
        kind=SCHEDULE,
        running=pipeline.get("state") == "STATE_ACTIVE",
        native=f"{said['schedule']} {said.get('timeZone') or 'UTC'}",
        targets=(pipeline["name"],),
    )


def _carried(trigger: dict[str, Any]) -> NativeTrigger:
    leads = trigger.get("destination", {})
    service = leads.get("cloudRun", {}).get("service", "")
    return NativeTrigger(
        cloud_id=trigger["name"],
        name=_last(trigger["name"]),
        kind=EVENTS,
        running=True,  # Eventarc knows nothing else
        native=eventarc.native(trigger),
        targets=tuple(filter(None, (leads.get("workflow", ""), service))),
    )


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _is_pipeline(cloud_id: str) -> bool:
    return "/pipelines/" in cloud_id


def _pipelines(session: Session) -> Any:
    return session.client("datapipelines").projects().locations().pipelines()


def _triggers(session: Session) -> Any:
    return session.client("eventarc").projects().locations().triggers()


HUNTER: Hunter = GoogleHunter()

"""Triggers of a subscription's factories, whoever made them: listed, stopped and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.blueprints.base import Hunter
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import NativeTrigger
from provisioning.errors import NotFound

from . import native_text
from .api import STARTED, FactoryApi, Json
from .lifecycle import Switch

TRIGGER = "Data Factory trigger"


class FactoryHunter:
    kinds: tuple[str, ...] = (TRIGGER,)

    def listed(self, session: Session, kind: str) -> Iterator[NativeTrigger]:
        with cloud_errors("list the factories"):
            factories = [each.as_dict() for each in session.client("datafactory").factories.list()]
        for factory in factories:
            yield from _triggers(session, factory)

    def described(self, session: Session, found: NativeTrigger) -> NativeTrigger:
        return found  # a factory lists its triggers in full

    def pause(self, session: Session, cloud_id: str) -> None:
        api, name = _place(session, cloud_id)
        found = api.triggers().get(name)
        if found is None:
            raise NotFound("The trigger is gone already.")
        _stop(api, name, found)

    def remove(self, session: Session, cloud_id: str) -> None:
        api, name = _place(session, cloud_id)
        found = api.triggers().get(name)
        if found is None:
            return
        _stop(api, name, found)  # one that runs is not deleted
        api.delete_trigger(name)


def _triggers(session: Session, factory: dict[str, Any]) -> Iterator[NativeTrigger]:
    api = FactoryApi.of_factory(session, factory["id"].split("/")[4], factory["name"])
    for name, properties in api.triggers().items():
        starts = (f"{factory['id']}/pipelines/{each}" for each in native_text.pipelines(properties))
        yield NativeTrigger(
            cloud_id=f"{factory['id']}/triggers/{name}",
            name=f"{factory['name']}/{name}",
            kind=TRIGGER,
            running=properties.get("runtimeState") == STARTED,
            native=native_text.said(properties),
            targets=tuple(each.lower() for each in starts),
        )


def _stop(api: FactoryApi, name: str, properties: Json) -> None:
    if properties.get("runtimeState") == STARTED:
        Switch(api, lambda line: None).stop(name, properties)


def _place(session: Session, cloud_id: str) -> tuple[FactoryApi, str]:
    """ "/subscriptions/…/resourceGroups/GROUP/providers/…/factories/FACTORY/triggers/NAME" """
    parts = cloud_id.split("/")
    return FactoryApi.of_factory(session, parts[4], parts[8]), parts[10]


HUNTER: Hunter = FactoryHunter()

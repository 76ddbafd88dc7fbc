"""What factories an account has, read without changing anything."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import Found
from provisioning.errors import NotFound

from . import native_text
from .api import STARTED


def discover(session: Session) -> tuple[Found, ...]:
    client = session.client("datafactory")
    with cloud_errors("list the factories"):
        factories = [each.as_dict() for each in client.factories.list()]
    return tuple(found for factory in factories for found in _pipelines(client, factory))


def _pipelines(client: Any, factory: dict[str, Any]) -> list[Found]:
    place = factory["id"].split("/")[4], factory["name"]
    try:
        with cloud_errors("list what the factories have"):
            pipelines = [each.as_dict() for each in client.pipelines.list_by_factory(*place)]
            triggers = [each.as_dict() for each in client.triggers.list_by_factory(*place)]
    except NotFound:  # deleted since it was listed
        return []
    by_pipeline: dict[str, list[str]] = defaultdict(list)
    for trigger in triggers:
        properties = trigger["properties"]
        off = "" if properties.get("runtimeState") == STARTED else " (stopped)"
        for name in native_text.pipelines(properties):
            by_pipeline[name].append(f"{native_text.said(properties)}{off}")
    return [
        Found(
            cloud_id=pipeline["id"],
            name=pipeline["name"],
            kind="Data Factory pipeline",
            triggers=tuple(by_pipeline[pipeline["name"]]),
            detail=f"in factory {factory['name']}, {factory.get('location', '')}",
        )
        for pipeline in pipelines
    ]

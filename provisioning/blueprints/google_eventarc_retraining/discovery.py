"""Eventarc triggers that lead to Cloud Run services, ours or not."""

from __future__ import annotations

from collections import defaultdict

from provisioning.clouds.session import Session
from provisioning.contracts import Found

from ..google_common import eventarc
from ..google_common.calls import pages
from ..google_common.names import Place


def discover(session: Session) -> tuple[Found, ...]:
    """One for each service of the Connection's region that events are carried to."""
    parent = Place(session.region, session.account).parent
    triggers = session.client("eventarc").projects().locations().triggers()
    by_service: dict[str, list[str]] = defaultdict(list)
    for each in pages(triggers, "triggers", "list the Eventarc triggers", parent=parent):
        service = each.get("destination", {}).get("cloudRun", {}).get("service")
        if service:
            by_service[service].append(eventarc.native(each))
    services = session.client("run").projects().locations().services()
    return tuple(
        Found(
            cloud_id=each["name"],
            name=each["name"].rpartition("/")[2],
            kind="Cloud Run service on events",
            triggers=tuple(sorted(by_service[each["name"].rpartition("/")[2]])),
            detail=_image(each),
        )
        for each in pages(services, "services", "list the Cloud Run services", parent=parent)
        if each["name"].rpartition("/")[2] in by_service
    )


def _image(service: dict[str, dict[str, list[dict[str, str]]]]) -> str:
    containers = service.get("template", {}).get("containers", [])
    return containers[0].get("image", "") if containers else ""

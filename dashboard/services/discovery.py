"""What exists in an account already, Skyclock's own and others'. Nothing is changed there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dashboard.access import require_admin
from dashboard.audit import Purpose
from dashboard.models import Connection, User
from dashboard.services import asking
from dashboard.services.entering import require_level
from dashboard.services.opening import access_for
from provisioning import clouds
from provisioning.blueprints import registry
from provisioning.clouds.session import Session
from provisioning.contracts import Cloud, Found, Level
from provisioning.errors import CloudError, NotPossible


@dataclass(frozen=True)
class Discovered:
    """One thing that a Blueprint knows; `pipeline` is the id of ours that made it."""

    blueprint: str
    found: Found
    pipeline: int | None


@dataclass(frozen=True)
class Discovery:
    """`unread` says for which kinds the cloud could not be asked, and why."""

    discovered: tuple[Discovered, ...]
    unread: dict[str, str]


def discover(*, actor: User, connection: Connection) -> Discovery:
    require_admin(actor)
    require_level(connection, Level.OBSERVE)
    session = clouds.open_session(access_for(connection, Purpose.DISCOVERY, actor=actor))
    ours = _ours(connection)
    found, unread = [], {}
    for blueprint in registry.every():
        if blueprint.cloud is not Cloud(connection.cloud):
            continue
        try:
            answer = _asked(blueprint.kind, session)
        except (CloudError, NotPossible) as error:
            unread[blueprint.kind] = str(error)
            continue
        found += [Discovered(blueprint.kind, each, ours.get(each.cloud_id)) for each in answer]
    return Discovery(discovered=tuple(found), unread=unread)


def _asked(kind: str, session: Session) -> tuple[Found, ...]:
    return asking.within(lambda: registry.get(kind).discover(session))


def _ours(connection: Connection) -> dict[str, int]:
    """Ids in the cloud, as deployments gave them out, with the Pipelines that they are of."""
    rows = connection.pipelines.filter(archived_at=None).values_list("pk", "outputs")
    return {text: pk for pk, outputs in rows for text in _texts(outputs)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)

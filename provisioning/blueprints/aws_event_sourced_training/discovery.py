"""The event buses of an account that have an archive: what could be an event-sourced workflow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.blueprints.aws_common.discovery import event_buses, pages
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import Found


def discover(session: Session) -> tuple[Found, ...]:
    with cloud_errors("list the event buses of the account"):
        archives = {each["EventSourceArn"]: each for each in _archives(session)}
        return tuple(
            _found(session, bus, archives[bus["Arn"]])
            for bus in event_buses(session)
            if bus["Arn"] in archives
        )


def _found(session: Session, bus: dict[str, Any], archive: dict[str, Any]) -> Found:
    rules = pages(session.client("events"), "list_rules", "Rules", EventBusName=bus["Name"])
    days = archive.get("RetentionDays")
    kept = f"{days} days" if days else "for ever"
    return Found(
        cloud_id=bus["Arn"],
        name=bus["Name"],
        kind="Event bus with an archive",
        triggers=tuple(
            f"{each['EventPattern']}{'' if each.get('State') != 'DISABLED' else ' (disabled)'}"
            for each in rules
            # The archive's own rule is AWS's.
            if each.get("EventPattern") and not each.get("ManagedBy")
        ),
        detail=f"{archive.get('EventCount', 0)} events archived, kept {kept}",
    )


def _archives(session: Session) -> Iterator[dict[str, Any]]:
    """botocore has no pages for this list."""
    client, token = session.client("events"), None
    while True:
        answer = client.list_archives(**({"NextToken": token} if token else {}))
        yield from answer["Archives"]
        token = answer.get("NextToken")
        if not token:
            return

"""Lists of AWS that several ask for, all of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.clouds.session import Session


def pages(client: Any, operation: str, key: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """Every item of a list of AWS; `operation` is one that botocore knows how to page."""
    for page in client.get_paginator(operation).paginate(**asked):
        yield from page.get(key, [])


def all_targets(session: Session, rule: str, bus: str) -> list[dict[str, Any]]:
    client = session.client("events")
    return list(pages(client, "list_targets_by_rule", "Targets", Rule=rule, EventBusName=bus))


def event_buses(session: Session) -> Iterator[dict[str, Any]]:
    """botocore has no pages for this list."""
    client, token = session.client("events"), None
    while True:
        answer = client.list_event_buses(**({"NextToken": token} if token else {}))
        yield from answer["EventBuses"]
        token = answer.get("NextToken")
        if not token:
            return

"""What exists in an account, read without changing anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.clouds.session import Session


def pages(client: Any, operation: str, key: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """Every item of a list of AWS; `operation` is one that botocore knows how to page."""
    for page in client.get_paginator(operation).paginate(**asked):
        yield from page.get(key, [])


def schedules_by_target(session: Session) -> Mapping[str, tuple[str, ...]]:
    """ARN of what is started → its schedules as the console writes them.

    The list has no expressions, so that each schedule is read by itself.
    """
    client = session.client("scheduler")
    found: dict[str, list[str]] = defaultdict(list)
    for each in pages(client, "list_schedules", "Schedules"):
        try:
            whole = client.get_schedule(Name=each["Name"], GroupName=each["GroupName"])
        except client.exceptions.ResourceNotFoundException:  # deleted since it was listed
            continue
        zone = whole.get("ScheduleExpressionTimezone", "UTC")
        off = "" if whole.get("State") == "ENABLED" else " (disabled)"
        found[each["Target"]["Arn"]].append(f"{whole['ScheduleExpression']} {zone}{off}")
    return {arn: tuple(texts) for arn, texts in found.items()}


def all_targets(session: Session, rule: str, bus: str) -> list[dict[str, Any]]:
    client = session.client("events")
    return list(pages(client, "list_targets_by_rule", "Targets", Rule=rule, EventBusName=bus))


def rules_by_target(session: Session) -> Mapping[str, tuple[str, ...]]:
    """ARN of what is started → the patterns and expressions of its rules, on all buses."""
    client = session.client("events")
    found: dict[str, list[str]] = defaultdict(list)
    for bus in event_buses(session):
        for rule in pages(client, "list_rules", "Rules", EventBusName=bus["Name"]):
            written = rule.get("EventPattern") or rule.get("ScheduleExpression", "")
            off = "" if rule.get("State") != "DISABLED" else " (disabled)"
            for target in all_targets(session, rule["Name"], bus["Name"]):
                found[target["Arn"]].append(f"{written}{off}")
    return {arn: tuple(texts) for arn, texts in found.items()}


def event_buses(session: Session) -> Iterator[dict[str, Any]]:
    """botocore has no pages for this list."""
    client, token = session.client("events"), None
    while True:
        answer = client.list_event_buses(**({"NextToken": token} if token else {}))
        yield from answer["EventBuses"]
        token = answer.get("NextToken")
        if not token:
            return

"""What starts things in an AWS account: EventBridge schedules and rules, by the ARN they start."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import EventSpec, NativeSpec, SeenTrigger
from provisioning.schedules import natively

from ..aws_common.lists import all_targets, event_buses, pages
from ..aws_common.names import Place
from .looking import Look, key_of

SCHEDULES, RULES = "EventBridge schedules", "EventBridge rules"
MAY_LIST_SCHEDULES = ("scheduler:ListSchedules", "scheduler:GetSchedule")
MAY_LIST_RULES = ("events:ListEventBuses", "events:ListRules", "events:ListTargetsByRule")
UNIVERSAL = "aws-sdk:"  # "arn:aws:scheduler:::aws-sdk:sfn:startExecution"
RATE_OF_A_RULE = "A rate counts from when the rule was made, which AWS does not tell."

Wanted = Callable[[str], bool]  # by the ARN of what is started


def starters(look: Look, wanted: Wanted) -> dict[str, list[SeenTrigger]]:
    """ARN → what starts it, in order, so that two looks at the same are equal."""
    found: dict[str, list[SeenTrigger]] = defaultdict(list)
    listed = _schedules(look, wanted)
    for arn, each in look.all_of(SCHEDULES, MAY_LIST_SCHEDULES, listed):
        found[arn].append(each)
    for arn, each in look.all_of(RULES, MAY_LIST_RULES, _rules(look.session, wanted)):
        found[arn].append(each)
    return {arn: sorted(some, key=lambda each: each.cloud_id) for arn, some in found.items()}


# ── Schedules ───────────────────────────────────────────────────────────────────────


def _schedules(look: Look, wanted: Wanted) -> Iterator[tuple[str, SeenTrigger]]:
    """The list has no expressions, so that each that may matter is read by itself."""
    client, now = look.session.client("scheduler"), look.session.now()
    near = (
        each
        for each in pages(client, "list_schedules", "Schedules")
        if wanted(each["Target"]["Arn"]) or UNIVERSAL in each["Target"]["Arn"]
    )
    for each in look.spaced(near):
        try:
            whole = client.get_schedule(Name=each["Name"], GroupName=each["GroupName"])
        except client.exceptions.ResourceNotFoundException:  # deleted since it was listed
            continue
        arn = _started(whole["Target"], look.session)
        if wanted(arn):
            yield arn, _scheduled(whole, now)


def _started(target: Mapping[str, Any], session: Session) -> str:
    """Of a target that calls the service's API by itself, what its input names."""
    arn = str(target["Arn"])
    if UNIVERSAL not in arn:
        return arn
    try:
        given = json.loads(target.get("Input") or "{}")
    except ValueError:
        return ""
    given = given if isinstance(given, dict) else {}
    if arn.lower().endswith("sfn:startexecution"):
        return str(given.get("StateMachineArn", ""))
    if arn.lower().endswith("sagemaker:startpipelineexecution"):
        name = str(given.get("PipelineName", ""))
        place = Place(session.region, session.account)
        return name if ":" in name else place.arn("sagemaker", f"pipeline/{name}")
    return ""


def _scheduled(found: Mapping[str, Any], now: datetime) -> SeenTrigger:
    expression = str(found["ScheduleExpression"])
    zone = str(found.get("ScheduleExpressionTimezone") or "UTC")
    spec = natively.read(
        key_of(found["Arn"]),
        "eventbridge",
        expression,
        zone,
        text=f"{expression} {zone}",
        start=_utc(found.get("StartDate")),
        end=_utc(found.get("EndDate")),
        made=_utc(found.get("CreationDate")),
        now=now,
    )
    window = found.get("FlexibleTimeWindow") or {}
    minutes = int(window.get("MaximumWindowInMinutes") or 0)
    if minutes:
        # What comes within the window is not late before it has passed.
        spec = spec.model_copy(update={"grace_minutes": min(1440, minutes + 15)})
    return SeenTrigger(
        cloud_id=found["Arn"],
        name=found["Name"],
        native=f"{expression} {zone}",
        running=found.get("State", "ENABLED") == "ENABLED",
        spec=spec,
        since=_utc(found.get("LastModificationDate") or found.get("CreationDate")),
        next=natively.next_firing(spec, now),
        starts_as=str(found["Target"].get("RoleArn", "")),
        note=f"AWS may start it up to {minutes} minutes after it is due." if minutes else "",
    )


# ── Rules ───────────────────────────────────────────────────────────────────────────


def _rules(session: Session, wanted: Wanted) -> Iterator[tuple[str, SeenTrigger]]:
    """But for those that AWS's own services keep for themselves."""
    now = session.now()
    for bus in event_buses(session):
        rules = pages(session.client("events"), "list_rules", "Rules", EventBusName=bus["Name"])
        for rule in rules:
            if rule.get("ManagedBy"):
                continue
            for target in all_targets(session, rule["Name"], bus["Name"]):
                if wanted(target["Arn"]):
                    yield target["Arn"], _ruled(rule, target, now)


def _ruled(rule: Mapping[str, Any], target: Mapping[str, Any], now: datetime) -> SeenTrigger:
    key, pattern = key_of(rule["Arn"]), rule.get("EventPattern")
    expression = str(rule.get("ScheduleExpression") or "")
    text = f"{expression} UTC"  # rules know no time zones
    seen = SeenTrigger(
        cloud_id=rule["Arn"],
        name=rule["Name"],
        native=str(pattern) if pattern else text,
        running=rule.get("State") != "DISABLED",
        spec=_by_pattern(key, str(pattern)) if pattern else NativeSpec(key=key, text=text),
        starts_as=str(target.get("RoleArn", "")),
    )
    if pattern:
        return seen
    spec = natively.read(key, "eventbridge", expression, "UTC", text=text, now=now)
    note = RATE_OF_A_RULE if expression.startswith("rate(") else ""
    coming = natively.next_firing(spec, now)
    return seen.model_copy(update={"spec": spec, "next": coming, "note": note})


def _by_pattern(key: str, pattern: str) -> EventSpec | NativeSpec:
    """As an event trigger where it says no more than that."""
    try:
        said = json.loads(pattern)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not set(said) <= {"source", "detail-type", "detail"}:
        return NativeSpec(key=key, text=pattern)
    sources, types = _texts(said.get("source")), _texts(said.get("detail-type"))
    try:
        (source,) = sources
        return EventSpec(key=key, source=source, types=types, detail=said.get("detail"))
    except ValueError:  # several sources, no types, or what is no plain text
        return NativeSpec(key=key, text=pattern)


def _texts(value: Any) -> tuple[str, ...]:
    plain = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return tuple(value) if plain else ()


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None

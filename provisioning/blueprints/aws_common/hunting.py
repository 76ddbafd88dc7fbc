"""Schedules and rules of an account, whoever made them: listed, paused and removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.blueprints.base import Hunter
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import NativeTrigger
from provisioning.errors import NotFound

from . import schedules
from .lists import all_targets, event_buses, pages

SCHEDULE, RULE = "EventBridge schedule", "EventBridge rule"


class AwsHunter:
    kinds: tuple[str, ...] = (SCHEDULE, RULE)

    def listed(self, session: Session, kind: str) -> Iterator[NativeTrigger]:
        with cloud_errors("list what starts runs"):
            yield from _schedules(session) if kind == SCHEDULE else _rules(session)

    def described(self, session: Session, found: NativeTrigger) -> NativeTrigger:
        """A list of schedules has no expressions; rules are listed in full."""
        if found.kind != SCHEDULE:
            return found
        whole = _schedule(session, found.cloud_id)
        if whole is None:  # deleted since it was listed
            return found
        native = schedules.Deployed(found.name, whole).native
        return found.model_copy(update={"native": native})

    def pause(self, session: Session, cloud_id: str) -> None:
        if not _is_schedule(cloud_id):
            rule, bus = _rule_place(cloud_id)
            with cloud_errors("pause the rule"):
                session.client("events").disable_rule(Name=rule, EventBusName=bus)
            return
        found = _schedule(session, cloud_id)
        if found is None:
            raise NotFound("The schedule is gone already.")
        schedules.update(session, found, schedules.DISABLED)

    def remove(self, session: Session, cloud_id: str) -> None:
        try:
            with cloud_errors("delete what starts runs"):
                _remove(session, cloud_id)
        except NotFound:
            return


def _schedules(session: Session) -> Iterator[NativeTrigger]:
    for each in pages(session.client("scheduler"), "list_schedules", "Schedules"):
        yield NativeTrigger(
            cloud_id=each["Arn"],
            name=each["Name"],
            kind=SCHEDULE,
            running=each.get("State") == schedules.ENABLED,
            targets=(each["Target"]["Arn"],),
        )


def _rules(session: Session) -> Iterator[NativeTrigger]:
    """But for those that AWS's own services keep for themselves."""
    for bus in event_buses(session):
        rules = pages(session.client("events"), "list_rules", "Rules", EventBusName=bus["Name"])
        for rule in rules:
            if rule.get("ManagedBy"):
                continue
            targets = all_targets(session, rule["Name"], bus["Name"])
            yield NativeTrigger(
                cloud_id=rule["Arn"],
                name=rule["Name"],
                kind=RULE,
                running=rule.get("State") != "DISABLED",
                native=rule.get("EventPattern") or rule.get("ScheduleExpression", ""),
                targets=tuple(each["Arn"] for each in targets),
            )


def _remove(session: Session, cloud_id: str) -> None:
    if _is_schedule(cloud_id):
        group, name = _schedule_place(cloud_id)
        session.client("scheduler").delete_schedule(Name=name, GroupName=group)
        return
    rule, bus = _rule_place(cloud_id)
    events = session.client("events")
    # A rule with targets is not deleted.
    if targets := [each["Id"] for each in all_targets(session, rule, bus)]:
        events.remove_targets(Rule=rule, EventBusName=bus, Ids=targets)
    events.delete_rule(Name=rule, EventBusName=bus)


def _schedule(session: Session, arn: str) -> dict[str, Any] | None:
    group, name = _schedule_place(arn)
    try:
        with cloud_errors("read the schedule"):
            found: dict[str, Any] = session.client("scheduler").get_schedule(
                Name=name, GroupName=group
            )
            return found
    except NotFound:
        return None


def _is_schedule(arn: str) -> bool:
    return arn.split(":")[2] == "scheduler"


def _schedule_place(arn: str) -> tuple[str, str]:
    """Group and name: "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/nightly"."""
    _, group, name = arn.split(":", 5)[5].split("/", 2)
    return group, name


def _rule_place(arn: str) -> tuple[str, str]:
    """Name and bus: ":rule/nightly" on the default one, ":rule/orders/nightly" on another."""
    bus, _, name = arn.split(":", 5)[5].removeprefix("rule/").rpartition("/")
    return name, bus or "default"


HUNTER: Hunter = AwsHunter()

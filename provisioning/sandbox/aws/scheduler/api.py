"""The operations of EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import validation
from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.scheduler.checks import check_schedule, conflict, not_found
from provisioning.sandbox.aws.scheduler.firing import Firing
from provisioning.sandbox.aws.scheduler.records import (
    LONGEST_AGE,
    MOST_RETRIES,
    Group,
    Schedule,
    group_key,
    schedule_key,
)
from provisioning.sandbox.aws.services import Call, Operation, Place, RestService
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

Answer = Mapping[str, Any]

_SETTINGS = (
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
)


class SchedulerApi:
    def __init__(self, world: World, firing: Firing) -> None:
        self._clock = world.clock
        self._firing = firing
        self._schedules = firing.schedules
        self._groups = Table(world.store, kind="schedule_group", record=Group)

    def service(self) -> RestService:
        operations: dict[str, Operation] = {
            "CreateSchedule": self.create_schedule,
            "GetSchedule": self.get_schedule,
            "UpdateSchedule": self.update_schedule,
            "DeleteSchedule": self.delete_schedule,
            "ListSchedules": self.list_schedules,
            "CreateScheduleGroup": self.create_group,
            "GetScheduleGroup": self.get_group,
            "DeleteScheduleGroup": self.delete_group,
            "ListScheduleGroups": self.list_groups,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": self.list_tags,
        }
        return RestService("scheduler", operations)

    # ── Schedules ───────────────────────────────────────────────────────────────────

    def create_schedule(self, call: Call) -> Answer:
        group = self._group(call.place, call.get("GroupName", "default"))
        existing = self._schedules.get(schedule_key(call.place, group.name, call["Name"]))
        settings = _settings(call)
        if existing:
            same = existing.token and existing.token == call.get("ClientToken")
            if same and existing.request == settings:
                return {"ScheduleArn": existing.arn}
            raise conflict(f"Schedule {call['Name']} already exists.")
        now = self._clock.now()
        check_schedule(
            settings,
            place=call.place,
            group_arn=group.arn,
            now=now,
            targets=self._firing.targets,
        )
        schedule = Schedule(
            account=call.place.account,
            region=call.place.region,
            group=group.name,
            name=call["Name"],
            request=settings,
            created=now,
            modified=now,
            counts_from=now,
            done_until=_before_first(settings, now),
            token=call.get("ClientToken"),
        )
        self._firing.plan(schedule)
        return {"ScheduleArn": schedule.arn}

    def update_schedule(self, call: Call) -> Answer:
        schedule = self._schedule(call)
        group = self._group(call.place, schedule.group)
        settings, now = _settings(call), self._clock.now()
        before = schedule.request
        check_schedule(
            _unchanged_start_left_out(settings, before),
            place=call.place,
            group_arn=group.arn,
            now=now,
            targets=self._firing.targets,
        )
        # What was missed while it was disabled is not made up for.
        schedule.done_until = now
        if settings["ScheduleExpression"] != before["ScheduleExpression"]:
            schedule.counts_from, schedule.done_until = now, _before_first(settings, now)
        schedule.request, schedule.modified = settings, now
        self._firing.plan(schedule)
        return {"ScheduleArn": schedule.arn}

    def get_schedule(self, call: Call) -> Answer:
        return _describe(self._schedule(call))

    def delete_schedule(self, call: Call) -> None:
        self._firing.forget(self._schedule(call))

    def list_schedules(self, call: Call) -> Answer:
        wanted = call.get("GroupName")
        found = [
            _summary(schedule)
            for schedule in sorted(self._schedules, key=lambda each: (each.group, each.name))
            if (schedule.account, schedule.region) == (call.place.account, call.place.region)
            and (wanted is None or schedule.group == wanted)
            and schedule.name.startswith(call.get("NamePrefix", ""))
            and call.get("State") in (None, _describe(schedule)["State"])
        ]
        return page(call, found, result="Schedules", default=100)

    # ── Groups ──────────────────────────────────────────────────────────────────────

    def create_group(self, call: Call) -> Answer:
        existing = self._groups.get(group_key(call.place, call["Name"]))
        if existing or call["Name"] == "default":
            if existing and existing.token and existing.token == call.get("ClientToken"):
                return {"ScheduleGroupArn": existing.arn}
            raise conflict(f"Schedule group {call['Name']} already exists.")
        now = self._clock.now()
        group = Group(
            account=call.place.account,
            region=call.place.region,
            name=call["Name"],
            created=now,
            modified=now,
            tags=call.get("Tags", []),
            token=call.get("ClientToken"),
        )
        self._groups.put(group)
        return {"ScheduleGroupArn": group.arn}

    def get_group(self, call: Call) -> Answer:
        return _describe_group(self._group(call.place, call["Name"]))

    def delete_group(self, call: Call) -> None:
        if call["Name"] == "default":
            raise validation("Cannot delete the default schedule group.")
        group = self._group(call.place, call["Name"])
        for schedule in self._schedules:
            if schedule.key == schedule_key(call.place, group.name, schedule.name):
                self._firing.forget(schedule)
        self._groups.delete(group.key)

    def list_groups(self, call: Call) -> Answer:
        own = [
            group
            for group in self._groups
            if (group.account, group.region) == (call.place.account, call.place.region)
        ]
        groups = [_default_group(call.place), *sorted(own, key=lambda each: each.name)]
        prefix = call.get("NamePrefix", "")
        found = [_describe_group(group) for group in groups if group.name.startswith(prefix)]
        return page(call, found, result="ScheduleGroups", default=100)

    # ── Tags: groups carry them, schedules do not ───────────────────────────────────

    def tag(self, call: Call) -> None:
        group = self._group_by_arn(call)
        given = {tag["Key"] for tag in call["Tags"]}
        kept = [tag for tag in group.tags if tag["Key"] not in given]
        group.tags = [*kept, *call["Tags"]]
        self._groups.put(group)

    def untag(self, call: Call) -> None:
        group = self._group_by_arn(call)
        group.tags = [tag for tag in group.tags if tag["Key"] not in call["TagKeys"]]
        self._groups.put(group)

    def list_tags(self, call: Call) -> Answer:
        return {"Tags": self._group_by_arn(call).tags}

    # ── Finding ─────────────────────────────────────────────────────────────────────

    def _schedule(self, call: Call) -> Schedule:
        group = self._group(call.place, call.get("GroupName", "default"))
        schedule = self._schedules.get(schedule_key(call.place, group.name, call["Name"]))
        if schedule is None:
            raise not_found("Schedule", call["Name"])
        return schedule

    def _group(self, place: Place, name: str) -> Group:
        if name == "default":
            return _default_group(place)
        group = self._groups.get(group_key(place, name))
        if group is None:
            raise not_found("Schedule group", name)
        return group

    def _group_by_arn(self, call: Call) -> Group:
        kind, _, name = call["ResourceArn"].split(":", 5)[-1].partition("/")
        if kind != "schedule-group":
            raise validation("Only schedule groups can be tagged.")
        return self._group(call.place, name)


def _settings(call: Call) -> dict[str, Any]:
    settings = {name: call[name] for name in _SETTINGS if call.get(name) is not None}
    target = dict(settings["Target"])
    policy = {"MaximumEventAgeInSeconds": LONGEST_AGE, "MaximumRetryAttempts": MOST_RETRIES}
    target["RetryPolicy"] = {**policy, **target.get("RetryPolicy", {})}
    defaults = {"State": "ENABLED", "ScheduleExpressionTimezone": "UTC"}
    return {**defaults, "ActionAfterCompletion": "NONE", **settings, "Target": target}


def _before_first(settings: Mapping[str, Any], now: float) -> float:
    """A rate fires at once; anything else at its next time."""
    return now - 0.001 if settings["ScheduleExpression"].startswith("rate(") else now


def _unchanged_start_left_out(
    settings: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """A start that has passed since it was set may stay."""
    unchanged = settings.get("StartDate") == before.get("StartDate")
    return {k: v for k, v in settings.items() if k != "StartDate" or not unchanged}


def _default_group(place: Place) -> Group:
    return Group(account=place.account, region=place.region, name="default", created=0, modified=0)


def _describe(schedule: Schedule) -> dict[str, Any]:
    return {
        "Arn": schedule.arn,
        "Name": schedule.name,
        "GroupName": schedule.group,
        "CreationDate": schedule.created,
        "LastModificationDate": schedule.modified,
        **schedule.request,
    }


def _summary(schedule: Schedule) -> dict[str, Any]:
    return {**_describe(schedule), "Target": {"Arn": schedule.request["Target"]["Arn"]}}


def _describe_group(group: Group) -> dict[str, Any]:
    dates = {"CreationDate": group.created, "LastModificationDate": group.modified}
    known = {name: value for name, value in dates.items() if value}  # not of the default group
    return {"Arn": group.arn, "Name": group.name, "State": "ACTIVE", **known}

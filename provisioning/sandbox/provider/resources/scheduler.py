from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import from_api, integer, record, text, to_api
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.resources.scheduler_target import TARGET
from provisioning.sandbox.provider.times import timestamp
from provisioning.sandbox.provider.values import Properties, is_unknown

_GONE = ("ResourceNotFoundException",)
_NAME = r"[0-9a-zA-Z\-_.]+"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def _not_a_time(value: Any) -> str | None:
    try:
        datetime.strptime(value, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return f'must be a UTC time like "2030-01-01T01:00:00Z", got {value}'
    return None


def _not_an_expression(value: Any) -> str | None:
    if re.fullmatch(r"(at|cron|rate)\(.+\)", value):
        return None
    return f"must be at(...), cron(...) or rate(...), got {value}"


class Schedule(Resource):
    """A schedule of EventBridge Scheduler; its id is `group/name`."""

    type = "aws:scheduler/schedule:Schedule"
    label = "EventBridge Scheduler Schedule"
    naming = Naming(longest=64)
    inputs = {
        "actionAfterCompletion": text(computed=True, choices=("NONE", "DELETE")),
        "description": text(high=512),
        "endDate": text(rule=_not_a_time),
        "flexibleTimeWindow": record(
            {
                "maximumWindowInMinutes": integer(low=1, high=1440),
                "mode": text(required=True, choices=("OFF", "FLEXIBLE")),
            },
            required=True,
        ),
        "groupName": text(low=1, high=64, pattern=_NAME, computed=True, replaces=True),
        "kmsKeyArn": text(high=2048),
        "name": text(low=1, high=64, pattern=_NAME, computed=True, replaces=True),
        "namePrefix": text(low=1, high=38, pattern=_NAME, local=True, replaces=True),
        "region": text(computed=True, replaces=True),
        "scheduleExpression": text(required=True, low=1, high=256, rule=_not_an_expression),
        "scheduleExpressionTimezone": text(default="UTC", low=1, high=50),
        "startDate": text(rule=_not_a_time),
        "state": text(default="ENABLED", choices=("ENABLED", "DISABLED")),
        "target": record(TARGET, required=True),
    }
    outputs = ("arn",)

    def check(self, inputs: Properties) -> list[Failure]:
        window = inputs["flexibleTimeWindow"]
        if is_unknown(window) or is_unknown(window["mode"]):
            return []
        if (window["mode"] == "FLEXIBLE") != ("maximumWindowInMinutes" in window):
            reason = "maximum_window_in_minutes is for the mode FLEXIBLE, which requires it"
            return [Failure(("flexibleTimeWindow", "maximumWindowInMinutes"), reason)]
        return []

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        group = inputs.get("groupName", "default")
        cloud.call(
            "scheduler", "create_schedule", GroupName=group, Name=inputs["name"], **_wish(inputs)
        )
        return f"{group}/{inputs['name']}"

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        group, _, name = id.partition("/")
        answer = cloud.find("scheduler", "get_schedule", missing=_GONE, GroupName=group, Name=name)
        if answer is None:
            return None
        found = from_api(self.inputs, answer)
        for date in ("startDate", "endDate"):
            if date in found:
                found[date] = timestamp(found[date])
        return {**found, "arn": answer["Arn"], "region": cloud.region}

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        group, _, name = id.partition("/")
        # The whole schedule: what is left out would be cleared.
        cloud.call("scheduler", "update_schedule", GroupName=group, Name=name, **_wish(news))

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        group, _, name = id.partition("/")
        cloud.find("scheduler", "delete_schedule", missing=_GONE, GroupName=group, Name=name)


def _wish(inputs: Properties) -> dict[str, Any]:
    apart = ("groupName", "name", "namePrefix", "region")
    return to_api(Schedule.inputs, {n: v for n, v in inputs.items() if n not in apart})


class ScheduleGroup(Resource):
    """A group of schedules; its id is its name. Its schedules go with it."""

    type = "aws:scheduler/scheduleGroup:ScheduleGroup"
    label = "EventBridge Scheduler Schedule Group"
    naming = Naming(longest=64)
    inputs = {
        "name": text(low=1, high=64, pattern=_NAME, computed=True, replaces=True),
        "namePrefix": text(low=1, high=38, pattern=_NAME, local=True, replaces=True),
        "region": text(computed=True, replaces=True),
        "tags": tags.MAPPED,
    }
    outputs = ("arn", "creationDate", "lastModificationDate", "state", "tagsAll")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        cloud.call(
            "scheduler",
            "create_schedule_group",
            Name=inputs["name"],
            Tags=tags.as_pairs(tags.wanted(cloud, inputs)),
        )
        return str(inputs["name"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        answer = cloud.find("scheduler", "get_schedule_group", missing=_GONE, Name=id)
        if answer is None:
            return None
        return {
            "arn": answer["Arn"],
            "creationDate": timestamp(answer["CreationDate"]),
            "lastModificationDate": timestamp(answer["LastModificationDate"]),
            "name": answer["Name"],
            "region": cloud.region,
            "state": answer["State"],
            **tags.shown(cloud, _tags(cloud, answer["Arn"])),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        arn, wanted = olds["arn"], tags.wanted(cloud, news)
        if old := tags.removed(_tags(cloud, arn), wanted):
            cloud.call("scheduler", "untag_resource", ResourceArn=arn, TagKeys=old)
        if wanted:
            pairs = tags.as_pairs(wanted)
            cloud.call("scheduler", "tag_resource", ResourceArn=arn, Tags=pairs)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find("scheduler", "delete_schedule_group", missing=_GONE, Name=id)


def _tags(cloud: Cloud, arn: str) -> dict[str, str]:
    return tags.as_map(cloud.call("scheduler", "list_tags_for_resource", ResourceArn=arn)["Tags"])

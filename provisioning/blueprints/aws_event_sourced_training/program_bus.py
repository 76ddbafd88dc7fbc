"""The Pulumi component of the bus: all its events are archived, to be replayed, and logged, to
be read: an archive cannot be."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ..aws_common.names import Place
from . import names
from .roles import letting_events_be_logged
from .wiring import every_event


class Bus(pulumi.ComponentResource):
    def __init__(self, slug: str, *, place: Place, keep_days: int, tags: Mapping[str, str]) -> None:
        super().__init__("skyclock:aws:EventLog", "event-log", None, None)
        child = pulumi.ResourceOptions(parent=self)
        self.bus = aws.cloudwatch.EventBus("bus", name=names.bus(slug), tags=tags, opts=child)
        self.archive = aws.cloudwatch.EventArchive(
            "archive",
            name=names.archive(slug),
            description="Every event of the pipeline, to be replayed",
            event_source_arn=self.bus.arn,
            retention_days=keep_days,
            opts=child,
        )
        self.log = aws.cloudwatch.LogGroup(
            "log",
            name=names.event_log(slug),
            retention_in_days=keep_days,
            tags=tags,
            opts=child,
        )
        policy = aws.cloudwatch.LogResourcePolicy(
            "log-policy",
            resource_arn=self.log.arn,
            policy_document=json.dumps(letting_events_be_logged(slug, place)),
            opts=child,
        )
        rule = aws.cloudwatch.EventRule(
            "log-rule",
            name=names.log_rule(slug),
            description="Every event of the pipeline, to be read",
            event_bus_name=self.bus.name,
            event_pattern=json.dumps(every_event(place.account)),
            tags=tags,
            opts=child,
        )
        logged = aws.cloudwatch.EventTarget(
            "log-target",
            rule=rule.name,
            event_bus_name=self.bus.name,
            target_id="log",
            arn=self.log.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.ready = [self.archive, logged]  # nothing may happen on the bus before it is kept
        self.register_outputs({"bus": self.bus.name})

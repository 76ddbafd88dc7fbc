"""The Pulumi components of triggers: whatever starts a training comes to the bus, where a rule
per trigger calls the handler."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from ..aws_common.names import Place, rule
from ..aws_common.program_rules import RuleTrigger
from ..aws_common.program_schedules import ScheduleTrigger
from ..aws_common.program_starting import Target
from . import names
from .assets.training_events.wording import FIRED, SOURCE
from .program_bus import Bus
from .program_handler import Handler
from .settings import Settings
from .wiring import told_by_schedule, trigger_patterns

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec


def add_triggers(
    spec: StackSpec,
    settings: Settings,
    *,
    bus: Bus,
    handler: Handler,
    queue: aws.sqs.Queue,
    tags: Mapping[str, str],
) -> dict[str, pulumi.Output[str]]:
    """Trigger → its rule on the bus."""
    onto_bus = Target(
        slug=spec.slug,
        account=spec.account,
        arn=names.bus_arn(spec.slug, Place(spec.region, spec.account)),
        action="events:PutEvents",
        title=f"the pipeline by an event on the bus {names.bus(spec.slug)}",
        resource=bus.bus,
        queue=queue,
        retry=settings.retry,
    )
    paused = {trigger.key for trigger in (*spec.objects, *spec.events) if trigger.paused}
    found = {
        key: BusRule(
            key,
            pattern=json.dumps(pattern),
            paused=key in paused,
            slug=spec.slug,
            bus=bus,
            handler=handler,
            tags=tags,
        ).name
        for key, pattern in trigger_patterns(spec).items()
    }
    for schedule in spec.schedules:
        ScheduleTrigger(
            schedule,
            expressions=spec.natives[schedule.key],
            target=onto_bus,
            tags=tags,
            input=json.dumps(told_by_schedule(schedule.key)),
            event_bridge=aws.scheduler.ScheduleTargetEventbridgeParametersArgs(
                detail_type=FIRED, source=SOURCE
            ),
        )
    for landing in spec.objects:
        # S3 tells the default bus only. What lands while the trigger is paused is recorded too.
        RuleTrigger(
            landing.model_copy(update={"paused": False}),
            pattern=spec.natives[landing.key][0],
            target=onto_bus,
            tags=tags,
        )
    return found


class BusRule(pulumi.ComponentResource):
    """The rule of one trigger on the pipeline's bus. A schedule is paused in Scheduler."""

    def __init__(
        self,
        key: str,
        *,
        pattern: str,
        paused: bool,
        slug: str,
        bus: Bus,
        handler: Handler,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__("skyclock:aws:BusRule", f"on-bus-{key}", None, None)
        found = aws.cloudwatch.EventRule(
            f"{key}-on-bus",
            name=rule(slug, key),
            description=f"Trigger {key}",
            event_bus_name=bus.bus.name,
            event_pattern=pattern,
            state="DISABLED" if paused else "ENABLED",
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=bus.ready),
        )
        handler.called_by(f"{key}-on-bus", found, parent=self)
        self.name = found.name
        self.register_outputs({"name": self.name})

"""The Pulumi program of a state machine that trains, and of its triggers.

Imports nothing but pulumi, the providers' packages, this folder and those that Blueprints share,
so that they can be taken along and run by `pulumi up`. `spec` is a StackSpec that the Blueprint
has prepared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from ..aws_common.names import Place
from ..aws_common.program_data import OwnBucket
from ..aws_common.program_rules import RuleTrigger
from ..aws_common.program_schedules import ScheduleTrigger
from ..aws_common.program_starting import Target, dead_letter_queue
from . import names
from .building import definition_text
from .footprint import footprint
from .program_failures import Failures
from .program_machine import Machine
from .settings import Settings
from .starting import by_event, by_schedule

if TYPE_CHECKING:
    from provisioning.contracts import EventSpec, ObjectCreatedSpec, StackSpec


def program(spec: StackSpec) -> None:
    settings = Settings.model_validate(spec.settings)
    tags = {"skyclock:pipeline": spec.slug, **spec.tags}
    place = Place(region=spec.region, account=spec.account)
    text = definition_text(spec, settings)
    machine = Machine(
        spec, settings, text, found=footprint(json.loads(text)), place=place, tags=tags
    )
    by_rules = bool(spec.objects or spec.events or settings.on_failure)
    queue = dead_letter_queue(spec.slug, tags, rules_of=place if by_rules else None)
    target = Target(
        slug=spec.slug,
        account=spec.account,
        arn=names.machine_arn(spec.slug, place),
        action="states:StartExecution",
        title=f"the state machine {names.machine(spec.slug)}",
        resource=machine.resource,
        queue=queue,
        retry=settings.retry,
    )
    schedules = {
        trigger.key: ScheduleTrigger(
            trigger,
            expressions=spec.natives[trigger.key],
            target=target,
            tags=tags,
            input=by_schedule(trigger.key, settings),
        ).names
        for trigger in spec.schedules
    }
    rules = dict(rule_triggers(spec, settings, target=target, tags=tags))
    if settings.on_failure:
        Failures(
            spec.slug,
            settings.on_failure,
            place=place,
            queue=queue,
            retry=settings.retry,
            tags=tags,
        )
    if spec.objects:
        own = OwnBucket(
            settings.data_bucket, slug=spec.slug, account=spec.account, events=True, tags=tags
        )
        pulumi.export("data_bucket", own.bucket.bucket)
    pulumi.export("state_machine_name", machine.resource.name)
    pulumi.export("state_machine_arn", target.arn)
    pulumi.export("role_arn", machine.role_arn)
    pulumi.export("schedules", schedules)
    pulumi.export("rules", rules)
    pulumi.export("dead_letter_queue_url", queue.url)


def rule_triggers(
    spec: StackSpec, settings: Settings, *, target: Target, tags: Mapping[str, str]
) -> Iterator[tuple[str, pulumi.Output[str]]]:
    """S3 tells the default bus only; events are put where the settings say."""
    found: list[tuple[ObjectCreatedSpec | EventSpec, str]] = [
        *((trigger, "default") for trigger in spec.objects),
        *((trigger, settings.starts.event_bus) for trigger in spec.events),
    ]
    for trigger, bus in found:
        given = by_event(trigger, settings)
        rule = RuleTrigger(
            trigger,
            pattern=spec.natives[trigger.key][0],
            target=target,
            tags=tags,
            bus=bus,
            input=aws.cloudwatch.EventTargetInputTransformerArgs(
                input_paths=given.paths, input_template=given.template
            ),
        )
        yield trigger.key, rule.name

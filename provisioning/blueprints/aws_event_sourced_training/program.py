"""The Pulumi program of an event-sourced training.

Everything happens on one bus: triggers put events on it, the handler answers each with the next
step and says what came of it, and all of it is archived and logged.

Imports nothing but pulumi, the providers' packages, this folder and those that Blueprints share,
so that they can be taken along and run by `pulumi up`. `spec` is a StackSpec that the Blueprint
has prepared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from ..aws_common.names import Place
from ..aws_common.program_data import OwnBucket
from ..aws_common.program_starting import dead_letter_queue
from . import names
from .program_bus import Bus
from .program_handler import Handler
from .program_triggers import add_triggers
from .program_workshop import job_role, model_group, notebook
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec


def program(spec: StackSpec) -> None:
    settings = Settings.model_validate(spec.settings)
    tags = {"skyclock:pipeline": spec.slug, **spec.tags}
    place = Place(region=spec.region, account=spec.account)
    queue = dead_letter_queue(spec.slug, tags, rules_of=place)
    bucket = OwnBucket(
        settings.data_bucket,
        slug=spec.slug,
        account=spec.account,
        events=bool(spec.objects),
        tags=tags,
    )
    bus = Bus(spec.slug, place=place, keep_days=settings.event_log.keep_days, tags=tags)
    role = job_role(settings, spec.slug, place=place, tags=tags)
    group = model_group(settings, spec.slug, tags=tags)
    handler = Handler(spec, settings, place=place, queue=queue, tags=tags)
    handler.answer_steps(bus, after=[role, group] if group else [role])
    triggers = add_triggers(spec, settings, bus=bus, handler=handler, queue=queue, tags=tags)
    if settings.notebook.enabled:
        pulumi.export("notebook", notebook(settings, spec.slug, place=place, tags=tags).name)
    pulumi.export("data_bucket", bucket.bucket.bucket)
    pulumi.export("event_bus", bus.bus.name)
    pulumi.export("event_bus_arn", names.bus_arn(spec.slug, place))
    pulumi.export("archive", bus.archive.name)
    pulumi.export("event_log", bus.log.name)
    pulumi.export("handler", handler.function.name)
    pulumi.export("triggers", triggers)
    pulumi.export("dead_letter_queue_url", queue.url)

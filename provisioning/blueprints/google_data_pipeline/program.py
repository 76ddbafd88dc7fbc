"""The Pulumi program of a Google data pipeline, its schedule, and what starts it by events.

Imports nothing but pulumi, the provider's package, this folder and those that it shares, so that
they can be taken along and run by `pulumi up`. `spec` is a StackSpec that the Blueprint has
prepared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pulumi
import pulumi_gcp as gcp

from ..google_common import program_events as events
from ..google_common.names import DATA, EVENTS, Place, labels, own, trigger_id
from ..google_common.program_accounts import ServiceAccount
from . import names, starting
from .building import worker_of, workload
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import ScheduleSpec, StackSpec

INVOKER = "roles/datapipelines.invoker"
OBJECTS = "roles/storage.objectUser"


def program(spec: StackSpec) -> None:
    settings = Settings.model_validate(spec.settings)
    place = Place(spec.region, spec.account)
    tags = labels(spec.slug, spec.tags)
    data = events.bucket(
        DATA,
        slug=spec.slug,
        place=place,
        labels=tags,
        force_destroy=settings.delete_objects,
    )
    work = events.bucket(
        names.WORK,
        slug=spec.slug,
        place=place,
        labels=tags,
        force_destroy=True,
        days=names.KEPT_DAYS,
    )
    ready: list[pulumi.Resource] = [data, work]
    if not worker_of(settings):
        ready += worker(spec.slug, place, settings, data=data, work=work).permitted
    pipeline = data_pipeline(spec, settings, place, ready)
    triggers = started_by_events(spec, place, data=data, pipeline=pipeline)
    pulumi.export("pipeline_name", pipeline.name)
    pulumi.export("data_bucket", data.name)
    pulumi.export("work_bucket", work.name)
    pulumi.export("triggers", {each.key: each.name for each in triggers})


def worker(
    slug: str,
    place: Place,
    settings: Settings,
    *,
    data: gcp.storage.Bucket,
    work: gcp.storage.Bucket,
) -> ServiceAccount:
    access = settings.data_access
    return ServiceAccount(
        names.WORKER,
        slug=slug,
        place=place,
        does="Runs the jobs of a Dataflow data pipeline",
        roles=["roles/dataflow.worker"],
        buckets=[
            (DATA, data.name, OBJECTS),
            (names.WORK, work.name, OBJECTS),
            *((f"reads-{name}", name, "roles/storage.objectViewer") for name in access.read),
            *((f"writes-{name}", name, OBJECTS) for name in access.write),
        ],
    )


def data_pipeline(
    spec: StackSpec, settings: Settings, place: Place, ready: list[pulumi.Resource]
) -> gcp.dataflow.Pipeline:
    schedule = next(iter(spec.schedules), None)
    scheduler: ServiceAccount | None = None
    if schedule:
        scheduler = ServiceAccount(
            names.SCHEDULER,
            slug=spec.slug,
            place=place,
            does="Starts a Dataflow data pipeline on its schedule",
            roles=[INVOKER],
        )
        ready = [*ready, *scheduler.permitted]
    return gcp.dataflow.Pipeline(
        "pipeline",
        name=own(spec.slug),
        display_name=own(spec.slug),
        type="PIPELINE_TYPE_BATCH",
        state="STATE_ACTIVE",
        project=place.project,
        region=place.region,
        workload=cast(Any, workload(settings, spec.slug, place)),  # in the API's own spelling
        schedule_info=schedule_info(spec, schedule) if schedule else None,
        scheduler_service_account_email=scheduler.email if scheduler else None,
        opts=pulumi.ResourceOptions(depends_on=ready),
    )


def schedule_info(
    spec: StackSpec, schedule: ScheduleSpec
) -> gcp.dataflow.PipelineScheduleInfoArgs | None:
    """None while it is paused: Google has no other way. The native schedule is written as
    people read it: "0 6 * * * Europe/Berlin"."""
    if schedule.paused:
        return None
    (native,) = spec.natives[schedule.key]
    expression, _, zone = native.rpartition(" ")
    return gcp.dataflow.PipelineScheduleInfoArgs(schedule=expression, time_zone=zone)


def started_by_events(
    spec: StackSpec,
    place: Place,
    *,
    data: gcp.storage.Bucket,
    pipeline: gcp.dataflow.Pipeline,
) -> list[EventTrigger]:
    if not (spec.objects or spec.events):
        return []
    carrying = Carrying(spec, place, pipeline)
    made: list[EventTrigger] = []
    if spec.objects:
        carrying.ready.append(events.storage_may_publish(place))
        criteria = events.object_criteria(data)
        made += [
            EventTrigger(
                each.key,
                source=starting.on_object(each, spec.slug, place),
                paused=each.paused,
                criteria=criteria,
                carrying=carrying,
            )
            for each in spec.objects
        ]
    if spec.events:
        topic = events.topic(slug=spec.slug, place=place, labels=carrying.labels)
        pulumi.export("topic", topic.id)
        made += [
            EventTrigger(
                each.key,
                source=starting.on_message(each, spec.slug, place),
                paused=each.paused,
                criteria=events.message_criteria(),
                carrying=carrying,
                topic=topic,
            )
            for each in spec.events
        ]
    return made


class Carrying:
    """What all event triggers of the pipeline have in common."""

    def __init__(self, spec: StackSpec, place: Place, pipeline: gcp.dataflow.Pipeline) -> None:
        self.slug = spec.slug
        self.place = place
        self.pipeline = pipeline
        self.labels = labels(spec.slug, spec.tags)
        self.starter = ServiceAccount(
            names.STARTER,
            slug=spec.slug,
            place=place,
            does="Starts a Dataflow data pipeline when something happened",
            roles=[INVOKER],
        )
        self.carrier = ServiceAccount(
            EVENTS,
            slug=spec.slug,
            place=place,
            does="Carries events to workflows",
            roles=[events.RECEIVER, "roles/workflows.invoker"],
        )
        self.ready: list[pulumi.Resource] = [*self.carrier.permitted]


class EventTrigger(pulumi.ComponentResource):
    """One trigger: the workflow that looks at each event, and what carries events to it."""

    def __init__(
        self,
        key: str,
        *,
        source: str,
        paused: bool,
        criteria: list[gcp.eventarc.TriggerMatchingCriteriaArgs],
        carrying: Carrying,
        topic: gcp.pubsub.Topic | None = None,
    ) -> None:
        super().__init__("skyclock:google:EventTrigger", f"on-{key}", None, None)
        self.key = key
        place = carrying.place
        workflow = gcp.workflows.Workflow(
            f"{key}-workflow",
            name=trigger_id(carrying.slug, key),
            description=f"Starts the data pipeline {own(carrying.slug)} (trigger {key})",
            project=place.project,
            region=place.region,
            service_account=carrying.starter.name,
            source_contents=source,
            user_env_vars={starting.PAUSED: "true" if paused else "false"},
            call_log_level="LOG_ERRORS_ONLY",
            deletion_protection=False,
            labels=carrying.labels,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*carrying.starter.permitted, carrying.pipeline]
            ),
        )
        trigger = gcp.eventarc.Trigger(
            key,
            name=trigger_id(carrying.slug, key),
            project=place.project,
            location=place.region,
            matching_criterias=criteria,
            destination=gcp.eventarc.TriggerDestinationArgs(workflow=workflow.id),
            transport=events.from_topic(topic) if topic else None,
            service_account=carrying.carrier.email,
            labels=carrying.labels,
            opts=pulumi.ResourceOptions(parent=self, depends_on=carrying.ready),
        )
        self.name = trigger.name
        self.register_outputs({"name": self.name})

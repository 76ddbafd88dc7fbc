"""The Pulumi program of retraining by events: bucket, Eventarc, Cloud Run service, Vertex AI.

Imports nothing but pulumi, the provider's package, this folder and those that it shares, so that
they can be taken along and run by `pulumi up`. `spec` is a StackSpec that the Blueprint has
prepared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_gcp as gcp

from ..google_common import program_events as events
from ..google_common.names import DATA, EVENTS, Place, labels, trigger_id
from ..google_common.program_accounts import ServiceAccount
from . import names
from .building import CONFIG, config, written
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec

READS, USES = "roles/storage.objectViewer", "roles/storage.objectUser"


def program(spec: StackSpec) -> None:
    settings = Settings.model_validate(spec.settings)
    place = Place(spec.region, spec.account)
    tags = labels(spec.slug, spec.tags)
    buckets = Buckets(spec.slug, place, tags, force_destroy=settings.delete_objects)
    trainer = trainer_account(spec.slug, place, settings, buckets)
    account = service_account(spec.slug, place, buckets, trainer)
    service = retraining_service(spec, settings, place, account=account, labels=tags)
    carried = carrying(spec, place, service=service, data=buckets.data, labels=tags)
    pulumi.export("service_name", service.name)
    pulumi.export("service_url", service.uri)
    pulumi.export("data_bucket", buckets.data.name)
    pulumi.export("models_bucket", buckets.models.name)
    pulumi.export("triggers", [each.name for each in carried])


class Buckets:
    """Data in, models out, and one small object for each event that was acted on."""

    def __init__(
        self, slug: str, place: Place, labels: dict[str, str], *, force_destroy: bool
    ) -> None:
        self.data = events.bucket(
            DATA, slug=slug, place=place, labels=labels, force_destroy=force_destroy
        )
        self.models = events.bucket(
            names.MODELS, slug=slug, place=place, labels=labels, force_destroy=force_destroy
        )
        self.claims = events.bucket(
            names.CLAIMS,
            slug=slug,
            place=place,
            labels=labels,
            force_destroy=True,
            days=names.CLAIM_DAYS,
        )


def trainer_account(
    slug: str, place: Place, settings: Settings, buckets: Buckets
) -> ServiceAccount:
    access = settings.data_access
    return ServiceAccount(
        names.TRAINER,
        slug=slug,
        place=place,
        does="Runs training jobs",
        roles=["roles/logging.logWriter"],
        buckets=[
            (DATA, buckets.data.name, READS),
            (names.MODELS, buckets.models.name, USES),
            *((f"reads-{name}", name, READS) for name in access.read),
            *((f"writes-{name}", name, USES) for name in access.write),
        ],
    )


def service_account(
    slug: str, place: Place, buckets: Buckets, trainer: ServiceAccount
) -> ServiceAccount:
    """Starts jobs that run as the trainer, and writes claims; it reads no data."""
    account = ServiceAccount(
        names.SERVICE,
        slug=slug,
        place=place,
        does="Starts training jobs",
        roles=["roles/aiplatform.user"],
        buckets=[(names.CLAIMS, buckets.claims.name, USES)],
    )
    account.permitted += [
        gcp.serviceaccount.IAMMember(
            "service-acts-as-trainer",
            service_account_id=trainer.name,
            role="roles/iam.serviceAccountUser",
            member=account.member,
            opts=pulumi.ResourceOptions(parent=account),
        ),
        *trainer.permitted,
    ]
    return account


def retraining_service(
    spec: StackSpec,
    settings: Settings,
    place: Place,
    *,
    account: ServiceAccount,
    labels: dict[str, str],
) -> gcp.cloudrunv2.Service:
    said = settings.service
    return gcp.cloudrunv2.Service(
        "service",
        name=names.service(spec.slug),
        description=f"Starts training jobs of {spec.name} (deployed by Skyclock)"[:512],
        project=place.project,
        location=place.region,
        ingress="INGRESS_TRAFFIC_INTERNAL_ONLY",  # Eventarc's is
        deletion_protection=False,
        labels=labels,
        template=gcp.cloudrunv2.ServiceTemplateArgs(
            service_account=account.email,
            timeout=f"{said.timeout_seconds}s",
            max_instance_request_concurrency=said.concurrency,
            labels=labels,
            scaling=gcp.cloudrunv2.ServiceTemplateScalingArgs(
                min_instance_count=0, max_instance_count=said.max_instances
            ),
            containers=[
                gcp.cloudrunv2.ServiceTemplateContainerArgs(
                    image=names.image(said.image, place),
                    envs=[
                        gcp.cloudrunv2.ServiceTemplateContainerEnvArgs(
                            name=CONFIG, value=written(config(spec, settings))
                        )
                    ],
                )
            ],
        ),
        opts=pulumi.ResourceOptions(depends_on=account.permitted),
    )


def carrying(
    spec: StackSpec,
    place: Place,
    *,
    service: gcp.cloudrunv2.Service,
    data: gcp.storage.Bucket,
    labels: dict[str, str],
) -> list[gcp.eventarc.Trigger]:
    """One Eventarc trigger for objects and one for messages: the service tells them apart."""
    carrier = ServiceAccount(
        EVENTS,
        slug=spec.slug,
        place=place,
        does="Carries events to the retraining service",
        roles=[events.RECEIVER],
    )
    may_call = gcp.cloudrunv2.ServiceIamMember(
        "events-may-call",
        name=service.name,
        project=place.project,
        location=place.region,
        role="roles/run.invoker",
        member=carrier.member,
        opts=pulumi.ResourceOptions(parent=carrier),
    )
    ready: list[pulumi.Resource] = [*carrier.permitted, may_call]
    made: list[gcp.eventarc.Trigger] = []

    def carry(
        what: str,
        criteria: list[gcp.eventarc.TriggerMatchingCriteriaArgs],
        transport: gcp.eventarc.TriggerTransportArgs | None = None,
    ) -> None:
        made.append(
            gcp.eventarc.Trigger(
                what,
                name=trigger_id(spec.slug, what),
                project=place.project,
                location=place.region,
                matching_criterias=criteria,
                transport=transport,
                destination=gcp.eventarc.TriggerDestinationArgs(
                    cloud_run_service=gcp.eventarc.TriggerDestinationCloudRunServiceArgs(
                        service=service.name, region=place.region, path="/"
                    )
                ),
                service_account=carrier.email,
                labels=labels,
                opts=pulumi.ResourceOptions(depends_on=ready),
            )
        )

    if spec.objects:
        ready.append(events.storage_may_publish(place))
        carry(names.OBJECTS, events.object_criteria(data))
    if spec.events:
        topic = events.topic(slug=spec.slug, place=place, labels=labels)
        pulumi.export("topic", topic.id)
        carry(names.MESSAGES, events.message_criteria(), events.from_topic(topic))
    return made

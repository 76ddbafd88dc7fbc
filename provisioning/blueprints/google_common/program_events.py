"""Where events come from, and the Eventarc triggers that carry them on."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp

from .names import Place, own

OBJECT = "google.cloud.storage.object.v1.finalized"
MESSAGE = "google.cloud.pubsub.topic.v1.messagePublished"
RECEIVER = "roles/eventarc.eventReceiver"
PUBLISHER = "roles/pubsub.publisher"


def bucket(
    purpose: str,
    *,
    slug: str,
    place: Place,
    labels: Mapping[str, str],
    force_destroy: bool,
    days: int = 0,
) -> gcp.storage.Bucket:
    """`days` is how long objects are kept; 0: until somebody deletes them."""
    rules = [
        gcp.storage.BucketLifecycleRuleArgs(
            action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
            condition=gcp.storage.BucketLifecycleRuleConditionArgs(age=days),
        )
    ]
    return gcp.storage.Bucket(
        f"{purpose}-bucket",
        name=place.bucket(slug, purpose),
        location=place.region.upper(),
        project=place.project,
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        force_destroy=force_destroy,
        labels=labels,
        lifecycle_rules=rules if days else None,
    )


def topic(*, slug: str, place: Place, labels: Mapping[str, str]) -> gcp.pubsub.Topic:
    return gcp.pubsub.Topic("events", name=own(slug), project=place.project, labels=labels)


def storage_may_publish(place: Place) -> gcp.projects.IAMMember:
    """Cloud Storage tells Eventarc of new objects through Pub/Sub, as the project's own agent.

    One permission serves all Pipelines of the project. So it stays when this one goes.
    https://cloud.google.com/eventarc/docs/run/create-trigger-storage-gcloud#before-you-begin
    """
    agent = gcp.storage.get_project_service_account_output(project=place.project)
    return gcp.projects.IAMMember(
        "storage-may-publish",
        project=place.project,
        role=PUBLISHER,
        member=agent.email_address.apply(lambda email: f"serviceAccount:{email}"),
        opts=pulumi.ResourceOptions(retain_on_delete=True),
    )


def object_criteria(
    bucket: gcp.storage.Bucket,
) -> list[gcp.eventarc.TriggerMatchingCriteriaArgs]:
    return [
        gcp.eventarc.TriggerMatchingCriteriaArgs(attribute="type", value=OBJECT),
        gcp.eventarc.TriggerMatchingCriteriaArgs(attribute="bucket", value=bucket.name),
    ]


def message_criteria() -> list[gcp.eventarc.TriggerMatchingCriteriaArgs]:
    return [gcp.eventarc.TriggerMatchingCriteriaArgs(attribute="type", value=MESSAGE)]


def from_topic(topic: gcp.pubsub.Topic) -> gcp.eventarc.TriggerTransportArgs:
    return gcp.eventarc.TriggerTransportArgs(
        pubsub=gcp.eventarc.TriggerTransportPubsubArgs(topic=topic.id)
    )

"""What a Connection's credential must be allowed to do, by level; each includes the former."""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.contracts import Level

OBSERVE = (
    "resourcemanager.projects.get",
    "run.services.get",
    "run.services.list",
    "eventarc.triggers.get",
    "eventarc.triggers.list",
    "logging.logEntries.list",
    "aiplatform.customJobs.get",
    "aiplatform.customJobs.list",
)

RUN = (
    *OBSERVE,
    "aiplatform.customJobs.create",
    "aiplatform.customJobs.cancel",
    # Jobs run as the trainer's account; pausing writes the service anew, with its account.
    "iam.serviceAccounts.actAs",
    "run.services.update",
    "run.operations.get",
    "storage.objects.create",
    "storage.objects.get",
    "storage.objects.update",
    "storage.objects.delete",
    "pubsub.topics.publish",
)

DEPLOY = (
    *RUN,
    "run.services.create",
    "run.services.delete",
    "run.services.getIamPolicy",
    "run.services.setIamPolicy",
    "artifactregistry.repositories.downloadArtifacts",
    "eventarc.triggers.create",
    "eventarc.triggers.update",
    "eventarc.triggers.delete",
    "eventarc.operations.get",
    "pubsub.topics.create",
    "pubsub.topics.get",
    "pubsub.topics.update",
    "pubsub.topics.delete",
    "storage.buckets.create",
    "storage.buckets.get",
    "storage.buckets.update",
    "storage.buckets.delete",
    "storage.buckets.getIamPolicy",
    "storage.buckets.setIamPolicy",
    "storage.objects.list",
    "iam.serviceAccounts.create",
    "iam.serviceAccounts.get",
    "iam.serviceAccounts.update",
    "iam.serviceAccounts.delete",
    "iam.serviceAccounts.getIamPolicy",
    "iam.serviceAccounts.setIamPolicy",
    "resourcemanager.projects.getIamPolicy",
    "resourcemanager.projects.setIamPolicy",
)

PERMISSIONS: Mapping[Level, tuple[str, ...]] = {
    Level.OBSERVE: OBSERVE,
    Level.RUN: RUN,
    Level.DEPLOY: DEPLOY,
}

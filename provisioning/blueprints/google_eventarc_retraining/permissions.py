"""What a Connection's credential must be allowed to do, by level; each includes the former."""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.contracts import Level

from ..google_common import permissions as common

OBSERVE = (
    "resourcemanager.projects.get",
    "run.services.get",
    "run.services.list",
    "eventarc.triggers.get",
    "eventarc.triggers.list",
    "datapipelines.pipelines.list",
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
    *common.DEPLOY_TRIGGERS,
    *common.DEPLOY_BUCKETS,
    "storage.objects.list",
    *common.DEPLOY_ACCOUNTS,
    "iam.serviceAccounts.getIamPolicy",
    "iam.serviceAccounts.setIamPolicy",
)

PERMISSIONS: Mapping[Level, tuple[str, ...]] = {
    Level.OBSERVE: OBSERVE,
    Level.RUN: RUN,
    Level.DEPLOY: DEPLOY,
}

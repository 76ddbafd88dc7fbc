"""What a Connection's credential must be allowed to do, by level; each includes the former."""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.contracts import Level

from ..google_common import permissions as common

OBSERVE = (
    "resourcemanager.projects.get",
    "datapipelines.pipelines.get",
    "datapipelines.pipelines.list",
    "datapipelines.jobs.list",
    "dataflow.jobs.get",
    "dataflow.jobs.list",
    "dataflow.messages.list",
    "dataflow.metrics.get",
    "eventarc.triggers.get",
    "eventarc.triggers.list",
    "workflows.workflows.get",
    "workflows.executions.get",
    "workflows.executions.list",
    # Which runs were started from here is kept in the pipeline's own bucket.
    "storage.objects.get",
    "storage.objects.list",
)

RUN = (
    *OBSERVE,
    "datapipelines.pipelines.run",
    "dataflow.jobs.cancel",
    "storage.objects.create",
    "storage.objects.update",
    "storage.objects.delete",
    # Pausing writes the pipeline anew, or a trigger's workflow, with their service accounts.
    "datapipelines.pipelines.update",
    "workflows.workflows.update",
    "workflows.operations.get",
    "iam.serviceAccounts.actAs",
    "pubsub.topics.publish",
)

DEPLOY = (
    *RUN,
    "datapipelines.pipelines.create",
    "datapipelines.pipelines.delete",
    "workflows.workflows.create",
    "workflows.workflows.delete",
    *common.DEPLOY_TRIGGERS,
    *common.DEPLOY_BUCKETS,
    *common.DEPLOY_ACCOUNTS,
)

PERMISSIONS: Mapping[Level, tuple[str, ...]] = {
    Level.OBSERVE: OBSERVE,
    Level.RUN: RUN,
    Level.DEPLOY: DEPLOY,
}

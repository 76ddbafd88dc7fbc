"""What the predefined roles permit, as far as the sandbox asks for permissions.

A role of a service that is simulated has to exist; of other services any name is taken, and
grants nothing that the sandbox could ask for.
https://cloud.google.com/iam/docs/roles-permissions
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

_PROJECT = ("resourcemanager.projects.get", "resourcemanager.projects.list")
_EVENTARC_VIEW = (*_PROJECT, "eventarc.*.get", "eventarc.*.list", "eventarc.*.getIamPolicy")
_RUN_VIEW = (*_PROJECT, "run.*.get", "run.*.list", "run.*.getIamPolicy")
_WORKFLOWS_VIEW = (*_PROJECT, "workflows.*.get", "workflows.*.list")
_AI_VIEW = (*_PROJECT, "aiplatform.*.get", "aiplatform.*.list")
_PIPELINES_VIEW = (*_PROJECT, "datapipelines.*.get", "datapipelines.*.list")
_DATAFLOW_VIEW = (*_PROJECT, "dataflow.*.get", "dataflow.*.list")
_LOGS_VIEW = (*_PROJECT, "logging.logEntries.list", "logging.logs.list", "logging.logMetrics.get",
              "logging.logMetrics.list")  # fmt: skip
_OBJECTS_VIEW = ("storage.objects.get", "storage.objects.list")
_OBJECTS_USE = (*_OBJECTS_VIEW, "storage.objects.create", "storage.objects.delete",
                "storage.objects.update", "storage.multipartUploads.*")  # fmt: skip
_PUBSUB_VIEW = (*_PROJECT, "pubsub.*.get", "pubsub.*.list")
_ACT = (
    *_PROJECT,
    "iam.serviceAccounts.actAs",
    "iam.serviceAccounts.get",
    "iam.serviceAccounts.list",
)

ROLES: dict[str, tuple[str, ...]] = {
    "roles/owner": ("*",),
    "roles/editor": ("*",),  # but for what _NOT_EDITOR names
    "roles/viewer": ("*.get", "*.list", "*.getIamPolicy"),
    "roles/browser": ("resourcemanager.projects.get", "resourcemanager.projects.getIamPolicy"),
    "roles/resourcemanager.projectIamAdmin": (
        "resourcemanager.projects.get", "resourcemanager.projects.getIamPolicy",
        "resourcemanager.projects.setIamPolicy",
    ),
    "roles/iam.securityReviewer": ("*.getIamPolicy", "*.list"),
    "roles/iam.securityAdmin": ("*.getIamPolicy", "*.setIamPolicy"),
    "roles/iam.serviceAccountAdmin": (
        "iam.serviceAccounts.create", "iam.serviceAccounts.delete", "iam.serviceAccounts.disable",
        "iam.serviceAccounts.enable", "iam.serviceAccounts.get", "iam.serviceAccounts.list",
        "iam.serviceAccounts.getIamPolicy", "iam.serviceAccounts.setIamPolicy",
        "iam.serviceAccounts.undelete", "iam.serviceAccounts.update", *_PROJECT,
    ),
    "roles/iam.serviceAccountCreator": (
        "iam.serviceAccounts.create", "iam.serviceAccounts.get", "iam.serviceAccounts.list",
        *_PROJECT,
    ),
    "roles/iam.serviceAccountDeleter": (
        "iam.serviceAccounts.delete", "iam.serviceAccounts.get", "iam.serviceAccounts.list",
        *_PROJECT,
    ),
    "roles/iam.serviceAccountViewer": (
        "iam.serviceAccountKeys.get", "iam.serviceAccountKeys.list",
        "iam.serviceAccounts.get", "iam.serviceAccounts.getIamPolicy", "iam.serviceAccounts.list",
        *_PROJECT,
    ),
    "roles/iam.serviceAccountUser": _ACT,
    "roles/iam.serviceAccountKeyAdmin": (
        "iam.serviceAccountKeys.*", "iam.serviceAccounts.get", "iam.serviceAccounts.list",
        *_PROJECT,
    ),
    "roles/iam.serviceAccountTokenCreator": (
        "iam.serviceAccounts.get", "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken", "iam.serviceAccounts.implicitDelegation",
        "iam.serviceAccounts.list", "iam.serviceAccounts.signBlob", "iam.serviceAccounts.signJwt",
    ),
    "roles/iam.serviceAccountOpenIdTokenCreator": ("iam.serviceAccounts.getOpenIdToken",),
    "roles/iam.workloadIdentityUser": (
        "iam.serviceAccounts.get", "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken", "iam.serviceAccounts.list",
    ),
    "roles/iam.workloadIdentityPoolAdmin": (
        "iam.workloadIdentityPools.*", "iam.workloadIdentityPoolProviders.*",
        "iam.workloadIdentityPoolProviderKeys.*", *_PROJECT,
    ),
    "roles/iam.workloadIdentityPoolViewer": (
        "iam.workloadIdentityPools.get", "iam.workloadIdentityPools.list",
        "iam.workloadIdentityPoolProviders.get", "iam.workloadIdentityPoolProviders.list",
        "iam.workloadIdentityPoolProviderKeys.get", "iam.workloadIdentityPoolProviderKeys.list",
        *_PROJECT,
    ),
    "roles/iam.roleAdmin": ("iam.roles.*", *_PROJECT, "resourcemanager.projects.getIamPolicy"),
    "roles/iam.roleViewer": (
        "iam.roles.get", "iam.roles.list", *_PROJECT, "resourcemanager.projects.getIamPolicy",
    ),
    "roles/storage.admin": ("storage.*", *_PROJECT),
    "roles/storage.bucketViewer": ("storage.buckets.get", "storage.buckets.list"),
    "roles/storage.objectAdmin": (*_OBJECTS_USE, "storage.objects.*"),
    "roles/storage.objectUser": _OBJECTS_USE,
    "roles/storage.objectCreator": ("storage.objects.create", "storage.multipartUploads.create"),
    "roles/storage.objectViewer": _OBJECTS_VIEW,
    "roles/storage.legacyBucketOwner": (
        "storage.buckets.*", "storage.objects.create", "storage.objects.delete",
        "storage.objects.list",
    ),
    "roles/storage.legacyBucketReader": ("storage.buckets.get", "storage.objects.list"),
    "roles/storage.legacyBucketWriter": (
        "storage.buckets.get", "storage.objects.create", "storage.objects.delete",
        "storage.objects.list",
    ),
    "roles/storage.legacyObjectOwner": ("storage.objects.get", "storage.objects.update"),
    "roles/storage.legacyObjectReader": ("storage.objects.get",),
    "roles/datapipelines.admin": ("datapipelines.*", *_PROJECT),
    "roles/datapipelines.invoker": ("datapipelines.pipelines.run",),
    "roles/datapipelines.viewer": _PIPELINES_VIEW,
    "roles/datapipelines.serviceAgent": ("dataflow.*", "storage.objects.get", *_ACT),
    "roles/dataflow.admin": (
        "dataflow.*", *_PROJECT, "iam.serviceAccounts.get", "iam.serviceAccounts.list",
        *_OBJECTS_VIEW, "storage.buckets.get",
    ),
    "roles/dataflow.developer": (
        *_DATAFLOW_VIEW, "dataflow.jobs.cancel", "dataflow.jobs.create",
        "dataflow.jobs.updateContents",
    ),
    "roles/dataflow.viewer": _DATAFLOW_VIEW,
    "roles/dataflow.worker": (
        *_OBJECTS_USE, "dataflow.jobs.get", "dataflow.shuffle.*", "dataflow.workItems.*",
        "dataflow.streamingWorkItems.*", "logging.logEntries.create", "storage.buckets.get",
    ),
    "roles/dataflow.serviceAgent": ("dataflow.*", *_OBJECTS_USE, *_ACT),
    "roles/eventarc.admin": ("eventarc.*", *_PROJECT),
    "roles/eventarc.developer": (
        *_EVENTARC_VIEW, "eventarc.triggers.create", "eventarc.triggers.delete",
        "eventarc.triggers.update",
    ),
    "roles/eventarc.viewer": _EVENTARC_VIEW,
    "roles/eventarc.eventReceiver": ("eventarc.events.receiveEvent",),
    "roles/eventarc.publisher": ("eventarc.channels.get", "eventarc.channels.publish"),
    "roles/eventarc.messageBusUser": ("eventarc.messageBuses.publish",),
    "roles/eventarc.serviceAgent": (
        "pubsub.*", "storage.buckets.get", "storage.buckets.update", "run.services.get",
        "workflows.workflows.get", "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.getAccessToken",
    ),
    "roles/run.admin": ("run.*", *_PROJECT),
    "roles/run.developer": ("run.*", *_PROJECT),  # but for what _NOT_DEVELOPER names
    "roles/run.viewer": _RUN_VIEW,
    "roles/run.invoker": ("run.routes.invoke", "run.jobs.run"),
    "roles/run.servicesInvoker": ("run.routes.invoke",),
    "roles/run.jobsExecutor": ("run.jobs.run",),
    "roles/run.sourceDeveloper": ("run.services.*",),
    "roles/run.serviceAgent": ("iam.serviceAccounts.actAs", "iam.serviceAccounts.get*"),
    "roles/workflows.admin": ("workflows.*", *_PROJECT),
    "roles/workflows.editor": ("workflows.*", *_PROJECT),
    "roles/workflows.invoker": ("workflows.executions.*",),
    "roles/workflows.viewer": _WORKFLOWS_VIEW,
    "roles/workflows.serviceAgent": ("iam.serviceAccounts.get*",),
    "roles/aiplatform.admin": ("aiplatform.*", *_PROJECT),
    "roles/aiplatform.user": ("aiplatform.*", *_PROJECT),
    "roles/aiplatform.viewer": _AI_VIEW,
    "roles/aiplatform.customCodeServiceAgent": (
        *_OBJECTS_USE, "aiplatform.*", "logging.logEntries.create", "storage.buckets.get",
    ),
    "roles/aiplatform.serviceAgent": (*_OBJECTS_USE, "aiplatform.*", "storage.buckets.get", *_ACT),
    "roles/aiplatform.colabEnterpriseUser": _AI_VIEW,
    "roles/aiplatform.migrator": ("aiplatform.migratableResources.*",),
    "roles/logging.admin": ("logging.*", *_PROJECT),
    "roles/logging.configWriter": ("logging.logMetrics.*", "logging.sinks.*"),
    "roles/logging.logWriter": ("logging.logEntries.create",),
    "roles/artifactregistry.reader": (
        "artifactregistry.repositories.downloadArtifacts", "artifactregistry.repositories.get",
        "artifactregistry.repositories.list",
    ),
    "roles/logging.viewer": _LOGS_VIEW,
    "roles/logging.privateLogViewer": (*_LOGS_VIEW, "logging.privateLogEntries.list"),
    "roles/logging.viewAccessor": ("logging.views.access",),
    "roles/logging.bucketWriter": ("logging.buckets.write",),
    "roles/pubsub.admin": ("pubsub.*", *_PROJECT),
    "roles/pubsub.editor": ("pubsub.*", *_PROJECT),  # but for what _NOT_DEVELOPER names
    "roles/pubsub.publisher": ("pubsub.topics.publish",),
    "roles/pubsub.subscriber": (
        "pubsub.subscriptions.consume", "pubsub.topics.attachSubscription",
    ),
    "roles/pubsub.viewer": _PUBSUB_VIEW,
    "roles/pubsub.serviceAgent": ("iam.serviceAccounts.getOpenIdToken",),
}  # fmt: skip

_NOT_DEVELOPER = ("*.setIamPolicy",)
# Speaking for an account has to be granted, even to owners; letting things run as one has not.
_FOR_ACCOUNTS = ("iam.serviceAccounts.get?*Token", "iam.serviceAccounts.implicitDelegation",
                 "iam.serviceAccounts.sign*")  # fmt: skip
# Basic roles read no object and invoke no service: buckets and services say who may.
_NOT_EDITOR = (*_NOT_DEVELOPER, "storage.objects.*", "run.routes.invoke",
               *_FOR_ACCOUNTS, "eventarc.events.receiveEvent")  # fmt: skip
_EXCEPT: dict[str, tuple[str, ...]] = {
    "roles/owner": _FOR_ACCOUNTS,
    "roles/editor": _NOT_EDITOR,
    "roles/viewer": ("storage.objects.*",),
    "roles/run.developer": (*_NOT_DEVELOPER, "run.routes.invoke"),
    "roles/pubsub.editor": _NOT_DEVELOPER,
}
_FORM = re.compile(r"roles/(?:(?P<service>[a-z][a-zA-Z]*)\.)?[a-z][a-zA-Z]*")
_SIMULATED = frozenset(role.removeprefix("roles/").partition(".")[0] for role in ROLES)


def known(role: str) -> bool:
    if role in ROLES:
        return True
    match = _FORM.fullmatch(role)
    return bool(match and match["service"] and match["service"] not in _SIMULATED)


def grants(role: str, permission: str) -> bool:
    return _any(ROLES.get(role, ()), permission) and not _any(_EXCEPT.get(role, ()), permission)


def _any(patterns: Iterable[str], permission: str) -> bool:
    return any(fnmatchcase(permission, pattern) for pattern in patterns)

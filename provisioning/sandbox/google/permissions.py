"""The permissions of the services that are simulated, so that names of none are refused.

https://cloud.google.com/iam/docs/permissions-reference. Of Vertex AI, whose names are many
hundreds, and of services that are not simulated, any name of the right form is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_FORM = re.compile(r"[a-z][a-z0-9]*\.[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)+")
_POLICY = ("getIamPolicy", "setIamPolicy")
_CRUD = ("create", "delete", "get", "list", "update")
_OPERATIONS = ("cancel", "delete", "get", "list")
_PLACES = ("get", "list")

_KNOWN: dict[str, Iterable[str]] = {
    "dataflow.jobs": ("cancel", "create", "get", "list", "snapshot", "updateContents"),
    "dataflow.messages": ("list",),
    "dataflow.metrics": ("get",),
    "dataflow.shuffle": ("read", "write"),
    "dataflow.snapshots": ("delete", "get", "list"),
    "dataflow.streamingWorkItems": ("commitWork", "getData", "getWork", "getWorkerMetadata",
                                    "ImportState"),
    "dataflow.workItems": ("lease", "sendMessage", "update"),
    "datapipelines.jobs": ("list",),
    "datapipelines.pipelines": (*_CRUD, "run", "stop"),
    "eventarc.channelConnections": ("create", "delete", "get", "list", "publish", *_POLICY),
    "eventarc.channels": (*_CRUD, "attach", "publish", "undelete", *_POLICY),
    "eventarc.enrollments": (*_CRUD, *_POLICY),
    "eventarc.events": ("receiveAuditLogWritten", "receiveEvent"),
    "eventarc.googleApiSources": (*_CRUD, *_POLICY),
    "eventarc.googleChannelConfigs": ("get", "update"),
    "eventarc.kafkaSources": (*_CRUD, *_POLICY),
    "eventarc.locations": _PLACES,
    "eventarc.messageBuses": (*_CRUD, "publish", "use", *_POLICY),
    "eventarc.multiProjectSources": ("collectGoogleApiEvents",),
    "eventarc.operations": _OPERATIONS,
    "eventarc.pipelines": (*_CRUD, *_POLICY),
    "eventarc.providers": _PLACES,
    "eventarc.triggers": (*_CRUD, "undelete", *_POLICY),
    "iam.roles": (*_CRUD, "undelete"),
    "iam.serviceAccountApiKeyBindings": ("create", "delete", "undelete"),
    "iam.serviceAccountKeys": ("create", "delete", "disable", "enable", "get", "list"),
    "iam.serviceAccounts": (*_CRUD, "actAs", "createTagBinding", "deleteTagBinding", "disable",
                            "enable", "getAccessToken", "getIamPolicy", "getOpenIdToken",
                            "implicitDelegation", "listEffectiveTags", "listTagBindings",
                            "setIamPolicy", "signBlob", "signJwt", "undelete"),
    "iam.workloadIdentityPoolProviderKeys": ("create", "delete", "get", "list", "undelete"),
    "iam.workloadIdentityPoolProviders": (*_CRUD, "undelete"),
    "iam.workloadIdentityPools": (*_CRUD, "undelete", *_POLICY),
    "logging.buckets": (*_CRUD, "copyLogEntries", "undelete", "write"),
    "logging.exclusions": _CRUD,
    "logging.fields": ("access",),
    "logging.links": ("create", "delete", "get", "list"),
    "logging.locations": _PLACES,
    "logging.logEntries": ("create", "download", "list", "route"),
    "logging.logMetrics": _CRUD,
    "logging.logs": ("delete", "list"),
    "logging.operations": ("cancel", "get", "list"),
    "logging.privateLogEntries": ("list",),
    "logging.queries": ("getShared", "listShared"),
    "logging.sinks": _CRUD,
    "logging.usage": ("get",),
    "logging.views": (*_CRUD, "access", "listLogs", "listResourceKeys", *_POLICY),
    "pubsub.schemas": ("attach", "commit", "create", "delete", "get", "list", "listRevisions",
                       "rollback", "validate", *_POLICY),
    "pubsub.snapshots": (*_CRUD, "seek", *_POLICY),
    "pubsub.subscriptions": (*_CRUD, "consume", *_POLICY),
    "pubsub.topics": (*_CRUD, "attachSubscription", "detachSubscription", "publish",
                      "updateTag", *_POLICY),
    "resourcemanager.projects": ("create", "createBillingAssignment", "delete",
                                 "deleteBillingAssignment", "get", "getIamPolicy", "list", "move",
                                 "setIamPolicy", "undelete", "update", "updateLiens"),
    "run.configurations": _PLACES,
    "run.executions": ("cancel", "delete", "get", "list"),
    "run.jobs": (*_CRUD, "run", "runWithOverrides", *_POLICY),
    "run.locations": ("list",),
    "run.operations": ("delete", "get", "list"),
    "run.revisions": ("delete", "get", "list"),
    "run.routes": ("get", "invoke", "list"),
    "run.services": (*_CRUD, "createTagBinding", "deleteTagBinding", "listEffectiveTags",
                     "listTagBindings", *_POLICY),
    "run.tasks": _PLACES,
    "run.workerPools": (*_CRUD, *_POLICY),
    "storage.buckets": (*_CRUD, "createTagBinding", "deleteTagBinding", "enableObjectRetention",
                        "getIpFilter", "getObjectInsights", "listEffectiveTags",
                        "listTagBindings", "relocate", "restore", "setIpFilter", *_POLICY),
    "storage.folders": ("create", "delete", "get", "list", "rename"),
    "storage.hmacKeys": _CRUD,
    "storage.managedFolders": ("create", "delete", "get", "list", *_POLICY),
    "storage.multipartUploads": ("abort", "create", "list", "listParts"),
    "storage.objects": (*_CRUD, "move", "overrideUnlockedRetention", "restore", "setRetention",
                        *_POLICY),
    "workflows.callbacks": ("list", "send"),
    "workflows.executions": ("cancel", "create", "delete", "exportData", "get", "list", "replay"),
    "workflows.locations": _PLACES,
    "workflows.operations": _OPERATIONS,
    "workflows.stepEntries": _PLACES,
    "workflows.workflows": (*_CRUD, "createTagBinding", "deleteTagBinding", "listEffectiveTags",
                            "listRevision", "listTagBindings", *_POLICY),
}  # fmt: skip
ALL = frozenset(f"{of}.{verb}" for of, verbs in _KNOWN.items() for verb in verbs)
_SERVICES = frozenset(name.partition(".")[0] for name in _KNOWN)
# Of organisations: a project's own roles cannot have them.
_ABOVE = frozenset({
    "resourcemanager.projects.create", "resourcemanager.projects.list",
})  # fmt: skip


def known(permission: str) -> bool:
    if permission.partition(".")[0] in _SERVICES:
        return permission in ALL
    return bool(_FORM.fullmatch(permission))


def in_project_roles(permission: str) -> bool:
    """Whether a custom role of a project may have it."""
    return known(permission) and permission not in _ABOVE

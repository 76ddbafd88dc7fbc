"""What a Connection's application must be allowed to do, by level; each includes the former.

The role Reader is not enough to watch runs: the three queries are actions. Names that end in
/action are of Resource Manager; those under "data" are data actions of a custom role, or the
roles Storage Blob Data Contributor and EventGrid Data Sender.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.contracts import Level

_FACTORIES = "Microsoft.DataFactory/factories"

OBSERVE = (
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    f"{_FACTORIES}/read",
    f"{_FACTORIES}/pipelines/read",
    f"{_FACTORIES}/triggers/read",
    f"{_FACTORIES}/pipelineruns/read",
    f"{_FACTORIES}/querypipelineruns/action",
    f"{_FACTORIES}/pipelineruns/queryactivityruns/action",
    f"{_FACTORIES}/querytriggerruns/action",
    f"{_FACTORIES}/triggers/geteventsubscriptionstatus/action",
)

RUN = (
    *OBSERVE,
    f"{_FACTORIES}/pipelines/createrun/action",
    f"{_FACTORIES}/pipelineruns/cancel/action",
    f"{_FACTORIES}/cancelpipelinerun/action",
    # Pausing and resuming.
    f"{_FACTORIES}/triggers/start/action",
    f"{_FACTORIES}/triggers/stop/action",
    f"{_FACTORIES}/triggers/subscribetoevents/action",
    f"{_FACTORIES}/triggers/unsubscribefromevents/action",
    "Microsoft.EventGrid/eventSubscriptions/read",
    "Microsoft.EventGrid/eventSubscriptions/write",
    "Microsoft.EventGrid/eventSubscriptions/delete",
    # Test files and events; data actions.
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
    "Microsoft.EventGrid/topics/read",
    "Microsoft.EventGrid/events/send/action",
)

DEPLOY = (
    *RUN,
    "Microsoft.Resources/subscriptions/resourceGroups/write",
    "Microsoft.Resources/subscriptions/resourceGroups/delete",
    f"{_FACTORIES}/write",
    f"{_FACTORIES}/delete",
    *(
        f"{_FACTORIES}/{kind}/{verb}"
        for kind in ("linkedServices", "datasets")
        for verb in ("read", "write", "delete")
    ),
    *(f"{_FACTORIES}/{kind}/{verb}" for kind in ("pipelines", "triggers")
      for verb in ("write", "delete")),
    "Microsoft.Storage/storageAccounts/read",
    "Microsoft.Storage/storageAccounts/write",
    "Microsoft.Storage/storageAccounts/delete",
    "Microsoft.Storage/storageAccounts/blobServices/containers/read",
    "Microsoft.Storage/storageAccounts/blobServices/containers/write",
    "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
    "Microsoft.EventGrid/topics/write",
    "Microsoft.EventGrid/topics/delete",
    # Only where roles are given by the deployment.
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/roleAssignments/delete",
)  # fmt: skip

PERMISSIONS: Mapping[Level, tuple[str, ...]] = {
    Level.OBSERVE: OBSERVE,
    Level.RUN: RUN,
    Level.DEPLOY: DEPLOY,
}

"""Topics."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider.google.resource import (
    DELETION_POLICY,
    LABEL_OUTPUTS,
    LABELS,
    PROJECT,
    Labelled,
    kept_labels,
    lower,
    mask_of,
    project_of,
    same_name,
    short,
    shown_labels,
    wanted_labels,
)
from provisioning.sandbox.provider.google.shapes import from_rest, to_rest
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import (
    Property,
    boolean,
    listed,
    mapped,
    record,
    text,
)
from provisioning.sandbox.provider.rest_cloud import RestCloud
from provisioning.sandbox.provider.values import Properties

# The sandbox refuses what it does not simulate; the provider knows all that is published.
_INGESTION = record(
    {
        "awsKinesis": record(
            {
                "awsRoleArn": text(required=True),
                "consumerArn": text(required=True),
                "gcpServiceAccount": text(required=True),
                "streamArn": text(required=True),
            }
        ),
        "awsMsk": record(
            {
                "awsRoleArn": text(required=True),
                "clusterArn": text(required=True),
                "gcpServiceAccount": text(required=True),
                "topic": text(required=True),
            }
        ),
        "azureEventHubs": record(
            {
                "clientId": text(),
                "eventHub": text(),
                "gcpServiceAccount": text(),
                "namespace": text(),
                "resourceGroup": text(),
                "subscriptionId": text(),
                "tenantId": text(),
            }
        ),
        "cloudStorage": record(
            {
                "avroFormat": record({}),
                "bucket": text(required=True),
                "matchGlob": text(),
                "minimumObjectCreateTime": text(),
                "pubsubAvroFormat": record({}),
                "textFormat": record({"delimiter": text()}),
            }
        ),
        "confluentCloud": record(
            {
                "bootstrapServer": text(required=True),
                "clusterId": text(),
                "gcpServiceAccount": text(required=True),
                "identityPoolId": text(required=True),
                "topic": text(required=True),
            }
        ),
        "platformLogsSettings": record({"severity": text()}),
    }
)
_TRANSFORM = record(
    {
        "aiInference": record(
            {
                "endpoint": text(required=True),
                "serviceAccountEmail": text(),
                "unstructuredInference": record({"parameters": mapped(text())}),
            }
        ),
        "disabled": boolean(),
        "javascriptUdf": record({"code": text(required=True), "functionName": text(required=True)}),
    }
)
_INPUTS: dict[str, Property] = {
    "deletionPolicy": DELETION_POLICY,
    "ingestionDataSourceSettings": _INGESTION,
    "kmsKeyName": text(),
    "labels": LABELS,
    "messageRetentionDuration": text(),
    "messageStoragePolicy": record(
        {"allowedPersistenceRegions": listed(text(), required=True), "enforceInTransit": boolean()},
        computed=True,
    ),
    "messageTransforms": listed(_TRANSFORM),
    "name": text(computed=True, replaces=True, same=same_name),
    "project": PROJECT,
    "schemaSettings": record(
        {
            "encoding": text(),
            "firstRevisionId": text(),
            "lastRevisionId": text(),
            "schema": text(required=True),
        },
        computed=True,
    ),
    "tags": mapped(text(), replaces=True, local=True),
}
_FIELDS = {
    name: prop for name, prop in _INPUTS.items() if name not in ("labels", "name", "project")
}


class Topic(Labelled):
    """A topic; its id is its full name."""

    type = "gcp:pubsub/topic:Topic"
    label = "Topic"
    api = "/pubsub/v1"
    naming = Naming(prefix=None, longest=255, change=lower)
    inputs = _INPUTS
    outputs = LABEL_OUTPUTS

    def create(self, cloud: RestCloud, inputs: Properties) -> str:
        id = f"projects/{project_of(cloud, inputs)}/topics/{short(inputs['name'])}"
        body: dict[str, Any] = to_rest(_FIELDS, inputs)
        cloud.call("PUT", f"{self.api}/{id}", {**body, "labels": wanted_labels(cloud, inputs)})
        return id

    def read(self, cloud: RestCloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find(f"{self.api}/{id}")
        if found is None:
            return None
        return {
            **from_rest(_FIELDS, found),
            **shown_labels(cloud, known, found.get("labels", {})),
            "name": short(id),
            "project": id.split("/")[1],
        }

    def update(
        self, cloud: RestCloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        topic: dict[str, Any] = {**to_rest(_FIELDS, news), "name": id}
        live = (cloud.find(f"{self.api}/{id}") or {}).get("labels", {})
        topic["labels"] = kept_labels(cloud, olds, news, live)
        mask = mask_of({**_FIELDS, "labels": LABELS}, changed - {"deletionPolicy"})
        if mask:
            body = {"topic": topic, "updateMask": mask}
            cloud.call("PATCH", f"{self.api}/{id}", body)

    def end(self, cloud: RestCloud, id: str, state: Properties) -> None:
        cloud.call("DELETE", f"{self.api}/{id}")

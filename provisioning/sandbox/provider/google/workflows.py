"""Workflows."""

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
from provisioning.sandbox.provider.properties import Property, boolean, mapped, text
from provisioning.sandbox.provider.rest_cloud import RestCloud
from provisioning.sandbox.provider.values import Properties

_CALLS = ("CALL_LOG_LEVEL_UNSPECIFIED", "LOG_ALL_CALLS", "LOG_ERRORS_ONLY", "LOG_NONE")
_HISTORY = ("EXECUTION_HISTORY_LEVEL_UNSPECIFIED", "EXECUTION_HISTORY_BASIC",
            "EXECUTION_HISTORY_DETAILED")  # fmt: skip
_INPUTS: dict[str, Property] = {
    "callLogLevel": text(choices=_CALLS),
    "cryptoKeyName": text(),
    "deletionPolicy": DELETION_POLICY,
    "deletionProtection": boolean(default=True, local=True),
    "description": text(computed=True),
    "executionHistoryLevel": text(choices=_HISTORY),
    "labels": LABELS,
    "name": text(computed=True, replaces=True),
    "namePrefix": text(local=True, replaces=True),
    "project": PROJECT,
    "region": text(computed=True, replaces=True),
    "serviceAccount": text(computed=True, same=same_name),
    "sourceContents": text(required=True),
    "tags": mapped(text(), replaces=True, local=True),
    "userEnvVars": mapped(text()),
}
_APART = ("labels", "name", "project", "region")
_FIELDS = {name: prop for name, prop in _INPUTS.items() if name not in _APART}


class Workflow(Labelled):
    """A workflow; its id is its full name."""

    type = "gcp:workflows/workflow:Workflow"
    label = "Workflow"
    api = "/workflows/v1"
    naming = Naming(longest=64, change=lower)
    inputs = _INPUTS
    outputs = (*LABEL_OUTPUTS, "createTime", "revisionId", "state", "updateTime")

    def create(self, cloud: RestCloud, inputs: Properties) -> str:
        place = inputs.get("region") or cloud.region
        parent = f"projects/{project_of(cloud, inputs)}/locations/{place}"
        name = short(inputs["name"])
        body: dict[str, Any] = {
            **to_rest(_FIELDS, inputs),
            "labels": wanted_labels(cloud, inputs),
        }
        path, query = f"{self.api}/{parent}/workflows", {"workflowId": name}
        self.wait(cloud, cloud.call("POST", path, body, query=query))
        return f"{parent}/workflows/{name}"

    def read(self, cloud: RestCloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find(f"{self.api}/{id}")
        if found is None:
            return None
        _, project, _, region, _, name = id.split("/")
        return {
            **from_rest(_FIELDS, found),
            **shown_labels(cloud, known, found.get("labels", {})),
            "createTime": found["createTime"],
            "name": name,
            "project": project,
            "region": region,
            "revisionId": found["revisionId"],
            "state": found["state"],
            "updateTime": found["updateTime"],
        }

    def update(
        self, cloud: RestCloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        live = (cloud.find(f"{self.api}/{id}") or {}).get("labels", {})
        wish: dict[str, Any] = {
            **to_rest(_FIELDS, news),
            "labels": kept_labels(cloud, olds, news, live),
        }
        fields = {name: prop for name, prop in _INPUTS.items() if not prop.replaces}
        mask = mask_of(fields, changed - {"deletionPolicy", "deletionProtection"})
        if mask:
            path, query = f"{self.api}/{id}", {"updateMask": mask}
            self.wait(cloud, cloud.call("PATCH", path, wish, query=query))

    def end(self, cloud: RestCloud, id: str, state: Properties) -> None:
        self.wait(cloud, cloud.call("DELETE", f"{self.api}/{id}"))

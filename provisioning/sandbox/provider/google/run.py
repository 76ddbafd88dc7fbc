"""Services of Cloud Run."""

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
    project_of,
    same_name,
    short,
    shown_labels,
    wanted_labels,
)
from provisioning.sandbox.provider.google.run_template import TEMPLATE
from provisioning.sandbox.provider.google.shapes import from_rest, to_rest
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import (
    Property,
    boolean,
    integer,
    listed,
    mapped,
    record,
    text,
)
from provisioning.sandbox.provider.rest_cloud import RestCloud
from provisioning.sandbox.provider.values import Properties, has_unknown

_INGRESS = ("INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY",
            "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER")  # fmt: skip
_TRAFFIC = record(
    {
        "percent": integer(computed=True),
        "revision": text(),
        "tag": text(),
        "type": text(),
    }
)
_INPUTS: dict[str, Property] = {
    "annotations": mapped(text()),
    "binaryAuthorization": record(
        {"breakglassJustification": text(), "policy": text(), "useDefault": boolean()}
    ),
    "buildConfig": record(
        {
            "baseImage": text(),
            "enableAutomaticUpdates": boolean(),
            "environmentVariables": mapped(text()),
            "functionTarget": text(),
            "imageUri": text(),
            "name": text(computed=True),
            "serviceAccount": text(),
            "sourceLocation": text(),
            "workerPool": text(),
        }
    ),
    "client": text(),
    "clientVersion": text(),
    "customAudiences": listed(text()),
    "defaultUriDisabled": boolean(),
    "deletionPolicy": DELETION_POLICY,
    "deletionProtection": boolean(default=True, local=True),
    "description": text(high=512),
    "functionalType": text(computed=True),
    "iapEnabled": boolean(),
    "ingress": text(computed=True, choices=_INGRESS),
    "invokerIamDisabled": boolean(),
    "labels": LABELS,
    "launchStage": text(computed=True),
    "location": text(required=True, replaces=True),
    "multiRegionSettings": record({"multiRegionId": text(), "regions": listed(text())}),
    "name": text(computed=True, replaces=True, same=same_name),
    "project": PROJECT,
    "scaling": record(
        {
            "manualInstanceCount": integer(),
            "maxInstanceCount": integer(computed=True),
            "minInstanceCount": integer(),
            "scalingMode": text(),
        },
        computed=True,
    ),
    "sshEnabled": boolean(),
    "tags": mapped(text(), replaces=True, local=True),
    "template": TEMPLATE,
    "traffics": listed(_TRAFFIC, computed=True, api="traffic"),
}
_APART = ("annotations", "labels", "location", "name", "project")
_FIELDS = {name: prop for name, prop in _INPUTS.items() if name not in _APART}
_TOLD = ("createTime", "creator", "deleteTime", "etag", "expireTime", "generation",
         "lastModifier", "latestCreatedRevision", "latestReadyRevision", "observedGeneration",
         "uid", "updateTime", "uri", "urls")  # fmt: skip
_CONDITION = ("executionReason", "lastTransitionTime", "message", "reason", "revisionReason",
              "severity", "state", "type")  # fmt: skip


class Service(Labelled):
    """A service; its id is its full name. One whose creation failed stays, as a service that
    is not ready does."""

    type = "gcp:cloudrunv2/service:Service"
    label = "Service"
    api = "/run/v2"
    naming = Naming(prefix=None, longest=49, change=lower)
    inputs = _INPUTS
    outputs = (
        *LABEL_OUTPUTS,
        *_TOLD,
        "conditions",
        "effectiveAnnotations",
        "reconciling",
        "terminalConditions",
        "trafficStatuses",
    )

    def create(self, cloud: RestCloud, inputs: Properties) -> str:
        parent = f"projects/{project_of(cloud, inputs)}/locations/{inputs['location']}"
        name = short(inputs["name"])
        body: dict[str, Any] = {
            **to_rest(_FIELDS, inputs),
            "annotations": inputs.get("annotations", {}),
            "labels": wanted_labels(cloud, inputs),
        }
        path, query = f"{self.api}/{parent}/services", {"serviceId": name}
        self.wait(cloud, cloud.call("POST", path, body, query=query))
        return f"{parent}/services/{name}"

    def read(self, cloud: RestCloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find(f"{self.api}/{id}")
        if found is None:
            return None
        _, project, _, location, _, name = id.split("/")
        annotations = found.get("annotations", {})
        ours = known.get("annotations") if known else annotations
        shown = from_rest(_FIELDS, found)
        _leave_defaults_out(shown["template"], known.get("template", {}))
        return {
            **shown,
            **shown_labels(cloud, known, found.get("labels", {})),
            **{each: found[each] for each in _TOLD if each in found},
            "annotations": {key: annotations[key] for key in ours or {} if key in annotations},
            "conditions": [_condition(one) for one in found.get("conditions", [])],
            "effectiveAnnotations": annotations,
            "location": location,
            "name": name,
            "project": project,
            "reconciling": found.get("reconciling", False),
            "terminalConditions": [_condition(found["terminalCondition"])],
            "trafficStatuses": found.get("trafficStatuses", []),
        }

    def update(
        self, cloud: RestCloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        """The whole service, as the real provider does."""
        if not changed - {"deletionPolicy", "deletionProtection"}:
            return
        live = cloud.find(f"{self.api}/{id}") or {}
        others = {
            key: value
            for key, value in live.get("annotations", {}).items()
            if key not in olds.get("annotations", {})
        }
        body: dict[str, Any] = {
            **to_rest(_FIELDS, news),
            "annotations": {**others, **news.get("annotations", {})},
            "labels": kept_labels(cloud, olds, news, live.get("labels", {})),
        }
        self.wait(cloud, cloud.call("PATCH", f"{self.api}/{id}", body))

    def end(self, cloud: RestCloud, id: str, state: Properties) -> None:
        self.wait(cloud, cloud.call("DELETE", f"{self.api}/{id}"))


def _leave_defaults_out(template: dict[str, Any], known: dict[str, Any]) -> None:
    """Limits that Google added to those that were given are none of the program's."""
    pairs = zip(template.get("containers", []), known.get("containers", []), strict=False)
    for container, before in pairs:
        given = before.get("resources", {}).get("limits")
        limits = container.get("resources", {}).get("limits", {})
        if given and not has_unknown(given):
            container["resources"]["limits"] = {k: v for k, v in limits.items() if k in given}


def _condition(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found.get(name, "") for name in _CONDITION}

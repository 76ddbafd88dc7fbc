"""Eventarc triggers."""

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
from provisioning.sandbox.provider.properties import Property, integer, listed, record, text
from provisioning.sandbox.provider.rest_cloud import RestCloud
from provisioning.sandbox.provider.values import Properties

_DESTINATION = record(
    {
        "cloudFunction": text(computed=True, local=True),
        "cloudRunService": record(
            {
                "path": text(),
                "region": text(computed=True),
                "service": text(required=True, same=same_name),
            },
            api="cloudRun",
        ),
        "gke": record(
            {
                "cluster": text(required=True, same=same_name),
                "location": text(required=True),
                "namespace": text(required=True),
                "path": text(),
                "service": text(required=True),
            }
        ),
        "httpEndpoint": record({"uri": text(required=True)}),
        "networkConfig": record({"networkAttachment": text(required=True, same=same_name)}),
        "workflow": text(same=same_name),
    },
    required=True,
)
_CRITERION = record(
    {
        "attribute": text(required=True, replaces=True),
        "operator": text(),
        "value": text(required=True, replaces=True),
    }
)
_INPUTS: dict[str, Property] = {
    "channel": text(replaces=True, same=same_name),
    "deletionPolicy": DELETION_POLICY,
    "destination": _DESTINATION,
    "eventDataContentType": text(computed=True),
    "labels": LABELS,
    "location": text(required=True, replaces=True),
    "matchingCriterias": listed(
        _CRITERION, required=True, is_set=True, replaces=True, api="eventFilters"
    ),
    "name": text(computed=True, replaces=True, same=same_name),
    "project": PROJECT,
    "retryPolicy": record({"maxAttempts": integer()}),
    "serviceAccount": text(same=same_name),
    "transport": record(
        {
            "pubsub": record(
                {
                    "subscription": text(computed=True),
                    "topic": text(computed=True, same=same_name),
                },
                computed=True,
            )
        },
        computed=True,
        replaces=True,
    ),
}
_APART = ("labels", "location", "name", "project")
_FIELDS = {name: prop for name, prop in _INPUTS.items() if name not in _APART}


class Trigger(Labelled):
    """A trigger; its id is its full name."""

    type = "gcp:eventarc/trigger:Trigger"
    label = "Trigger"
    api = "/eventarc/v1"
    naming = Naming(prefix=None, longest=63, change=lower)
    inputs = _INPUTS
    outputs = (*LABEL_OUTPUTS, "conditions", "createTime", "etag", "uid", "updateTime")

    def create(self, cloud: RestCloud, inputs: Properties) -> str:
        parent = f"projects/{project_of(cloud, inputs)}/locations/{inputs['location']}"
        name = short(inputs["name"])
        body = {**_wish(cloud, parent, inputs), "labels": wanted_labels(cloud, inputs)}
        path = f"{self.api}/{parent}/triggers"
        self.wait(cloud, cloud.call("POST", path, body, query={"triggerId": name}))
        return f"{parent}/triggers/{name}"

    def read(self, cloud: RestCloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find(f"{self.api}/{id}")
        if found is None:
            return None
        _, project, _, location, _, name = id.split("/")
        conditions = found.get("conditions", {})
        return {
            **from_rest(_FIELDS, found),
            **shown_labels(cloud, known, found.get("labels", {})),
            "conditions": {key: one.get("code", "") for key, one in conditions.items()},
            "createTime": found["createTime"],
            "etag": found["etag"],
            "location": location,
            "name": name,
            "project": project,
            "uid": found["uid"],
            "updateTime": found["updateTime"],
        }

    def update(
        self, cloud: RestCloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        wish = _wish(cloud, id.rpartition("/triggers/")[0], news)
        live = (cloud.find(f"{self.api}/{id}") or {}).get("labels", {})
        wish["labels"] = kept_labels(cloud, olds, news, live)
        fields = {name: prop for name, prop in _INPUTS.items() if not prop.replaces}
        mask = mask_of(fields, changed - {"deletionPolicy"})
        if mask:
            path, query = f"{self.api}/{id}", {"updateMask": mask}
            self.wait(cloud, cloud.call("PATCH", path, wish, query=query))

    def end(self, cloud: RestCloud, id: str, state: Properties) -> None:
        self.wait(cloud, cloud.call("DELETE", f"{self.api}/{id}"))


def _wish(cloud: RestCloud, parent: str, inputs: Properties) -> dict[str, Any]:
    """A service may be named in full; its region is by default the provider's."""
    wish = to_rest(_FIELDS, inputs)
    destination = wish["destination"]
    if run := destination.get("cloudRun"):
        region = run.get("region") or cloud.region
        destination["cloudRun"] = {**run, "service": short(run["service"]), "region": region}
    if (workflow := destination.get("workflow")) and "/" not in workflow:
        destination["workflow"] = f"{parent}/workflows/{workflow}"
    if topic := wish.get("transport", {}).get("pubsub", {}).get("topic"):
        project = "/".join(parent.split("/")[:2])
        whole = topic if "/" in topic else f"{project}/topics/{topic}"
        wish["transport"] = {"pubsub": {"topic": whole}}
    return wish

"""Data pipelines."""

from __future__ import annotations

from provisioning.sandbox.provider.google.resource import (
    DELETION_POLICY,
    PROJECT,
    GoogleResource,
    lower,
    mask_of,
    project_of,
    same_name,
    short,
)
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
from provisioning.sandbox.provider.values import Properties

_ADDRESSES = ("WORKER_IP_UNSPECIFIED", "WORKER_IP_PUBLIC", "WORKER_IP_PRIVATE")
_GOALS = ("FLEXRS_UNSPECIFIED", "FLEXRS_SPEED_OPTIMIZED", "FLEXRS_COST_OPTIMIZED")
_ENVIRONMENT: dict[str, Property] = {
    "additionalExperiments": listed(text()),
    "additionalUserLabels": mapped(text()),
    "enableStreamingEngine": boolean(),
    "ipConfiguration": text(choices=_ADDRESSES),
    "kmsKeyName": text(),
    "machineType": text(),
    "maxWorkers": integer(),
    "network": text(computed=True),
    "numWorkers": integer(),
    "serviceAccountEmail": text(),
    "subnetwork": text(),
    "tempLocation": text(),
    "workerRegion": text(),
    "workerZone": text(),
    "zone": text(),
}
_FLEX = record(
    {
        "launchParameter": record(
            {
                "containerSpecGcsPath": text(),
                "environment": record({**_ENVIRONMENT, "flexrsGoal": text(choices=_GOALS)}),
                "jobName": text(required=True),
                "launchOptions": mapped(text()),
                "parameters": mapped(text()),
                "transformNameMappings": mapped(text()),
                "update": boolean(),
            },
            required=True,
        ),
        "location": text(required=True),
        "projectId": text(required=True),
        "validateOnly": boolean(),
    }
)
_CLASSIC = record(
    {
        "gcsPath": text(),
        "launchParameters": record(
            {
                "environment": record({**_ENVIRONMENT, "bypassTempDirValidation": boolean()}),
                "jobName": text(required=True),
                "parameters": mapped(text()),
                "transformNameMapping": mapped(text()),
                "update": boolean(),
            }
        ),
        "location": text(),
        "projectId": text(required=True),
        "validateOnly": boolean(),
    }
)
_STATES = ("STATE_UNSPECIFIED", "STATE_RESUMING", "STATE_ACTIVE", "STATE_STOPPING",
           "STATE_ARCHIVED", "STATE_PAUSED")  # fmt: skip
_TYPES = ("PIPELINE_TYPE_UNSPECIFIED", "PIPELINE_TYPE_BATCH", "PIPELINE_TYPE_STREAMING")
_APART = ("name", "project", "region")


class Pipeline(GoogleResource):
    """A data pipeline; its id is its full name."""

    type = "gcp:dataflow/pipeline:Pipeline"
    label = "Pipeline"
    api = "/datapipelines/v1"
    naming = Naming(prefix=None, longest=63, change=lower)
    inputs = {
        "deletionPolicy": DELETION_POLICY,
        "displayName": text(),
        "name": text(computed=True, replaces=True, same=same_name),
        "pipelineSources": mapped(text(), replaces=True),
        "project": PROJECT,
        "region": text(computed=True, replaces=True),
        "scheduleInfo": record(
            {
                "nextJobTime": text(computed=True, local=True),
                "schedule": text(),
                "timeZone": text(default="UTC"),
            }
        ),
        "schedulerServiceAccountEmail": text(computed=True, replaces=True),
        "state": text(required=True, replaces=True, choices=_STATES),
        "type": text(required=True, choices=_TYPES),
        "workload": record(
            {"dataflowFlexTemplateRequest": _FLEX, "dataflowLaunchTemplateRequest": _CLASSIC}
        ),
    }
    outputs = ("createTime", "jobCount", "lastUpdateTime")

    def create(self, cloud: RestCloud, inputs: Properties) -> str:
        place = inputs.get("region") or cloud.region
        parent = f"projects/{project_of(cloud, inputs)}/locations/{place}"
        name = f"{parent}/pipelines/{short(inputs['name'])}"
        body = {**self._wish(inputs), "name": name}
        cloud.call("POST", f"{self.api}/{parent}/pipelines", body)
        return name

    def read(self, cloud: RestCloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find(f"{self.api}/{id}")
        if found is None:
            return None
        _, project, _, region, _, name = id.split("/")
        shown = from_rest(self.inputs, found)
        if coming := found.get("scheduleInfo", {}).get("nextJobTime"):
            shown["scheduleInfo"]["nextJobTime"] = coming
        return {
            **shown,
            "name": name,
            "project": project,
            "region": region,
            "createTime": found["createTime"],
            "jobCount": found.get("jobCount", 0),
            "lastUpdateTime": found["lastUpdateTime"],
        }

    def update(
        self, cloud: RestCloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        fields = {name: prop for name, prop in self.inputs.items() if name not in _APART}
        names = {name for name in changed if name in fields and not fields[name].replaces}
        if mask := mask_of(fields, names - {"deletionPolicy"}):
            cloud.call("PATCH", f"{self.api}/{id}", self._wish(news), query={"updateMask": mask})

    def end(self, cloud: RestCloud, id: str, state: Properties) -> None:
        cloud.call("DELETE", f"{self.api}/{id}")

    def _wish(self, inputs: Properties) -> dict[str, object]:
        return to_rest(
            self.inputs, {name: value for name, value in inputs.items() if name not in _APART}
        )

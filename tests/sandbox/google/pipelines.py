"""Data pipelines that the tests make."""

from __future__ import annotations

from typing import Any

from tests.sandbox.google.conftest import PARENT, PROJECT, REGION, SandboxGoogle

NAME = f"{PARENT}/pipelines/nightly"
CLASSIC = "gs://dataflow-templates/latest/Word_Count"
FLEX = "gs://dataflow-templates/latest/flex/File_Format_Conversion"


def classic(template: str = CLASSIC, **parameters: str) -> dict[str, Any]:
    given = parameters or {"inputFile": "gs://dataflow-samples/shakespeare/kinglear.txt"}
    return {
        "dataflowLaunchTemplateRequest": {
            "projectId": PROJECT,
            "location": REGION,
            "gcsPath": template,
            "launchParameters": {"jobName": "count", "parameters": given},
        }
    }


def flex(template: str = FLEX, *, worker: str = "", **parameters: str) -> dict[str, Any]:
    environment = {"serviceAccountEmail": worker} if worker else {}
    return {
        "dataflowFlexTemplateRequest": {
            "projectId": PROJECT,
            "location": REGION,
            "launchParameter": {
                "jobName": "convert",
                "containerSpecGcsPath": template,
                "parameters": parameters,
                "environment": environment,
            },
        }
    }


def body(workload: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "name": NAME,
        "displayName": "Nightly",
        "type": "PIPELINE_TYPE_BATCH",
        "state": "STATE_ACTIVE",
        "workload": workload or classic(),
        **more,
    }


def pipelines(google: SandboxGoogle, **more: Any) -> Any:
    return google.api("datapipelines", "v1", **more).projects().locations().pipelines()


def create(google: SandboxGoogle, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = pipelines(google).create(parent=PARENT, body=body(**more)).execute()
    return made


def jobs(google: SandboxGoogle) -> list[dict[str, Any]]:
    found = pipelines(google).jobs().list(parent=NAME).execute()
    return list(found.get("jobs", []))

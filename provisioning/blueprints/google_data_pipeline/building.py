"""From settings to the workload of a data pipeline, as its API takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..google_common.names import DATA, LABEL, LABEL_LIMIT, Place, own
from .names import WORK, WORKER
from .settings import Environment, Settings

CLASSIC, FLEX = "dataflowLaunchTemplateRequest", "dataflowFlexTemplateRequest"
LAUNCH = {CLASSIC: "launchParameters", FLEX: "launchParameter"}
TEMPLATE = {CLASSIC: "gcsPath", FLEX: "containerSpecGcsPath"}


def workload(settings: Settings, slug: str, place: Place) -> dict[str, Any]:
    """Whatever was said or left out: jobs run in this project and region, carry the Pipeline's
    label, by which they are known again, and have an account and a place for what is temporary.
    """
    kind, request = _request(settings, slug)
    launch = request.setdefault(LAUNCH[kind], {})
    environment = launch.setdefault("environment", {})
    environment.setdefault("serviceAccountEmail", place.account(slug, WORKER))
    environment.setdefault("tempLocation", f"gs://{place.bucket(slug, WORK)}/temp")
    environment["additionalUserLabels"] = {
        **environment.get("additionalUserLabels", {}),
        LABEL: slug[:LABEL_LIMIT],
    }
    launch.setdefault("jobName", own(slug))
    request |= {"projectId": place.project, "location": place.region}
    named: dict[str, Any] = _named({kind: request}, place.bucket(slug, DATA))
    return named


def worker_of(settings: Settings) -> str:
    """The service account that was named, "" for one of the Pipeline's own."""
    kind, request = _request(settings, "")
    environment = request.get(LAUNCH[kind], {}).get("environment", {})
    return str(environment.get("serviceAccountEmail", ""))


def _request(settings: Settings, slug: str) -> tuple[str, dict[str, Any]]:
    if settings.source == "workload":
        ((kind, request),) = json.loads(settings.workload).items()
        return kind, request
    kind = CLASSIC if settings.template_kind == "classic" else FLEX
    launch = {
        "jobName": settings.job_name or own(slug),
        "parameters": dict(settings.parameters),
        "environment": _environment(settings.environment),
    }
    if kind == FLEX:
        return kind, {LAUNCH[kind]: {TEMPLATE[kind]: settings.template, **launch}}
    return kind, {TEMPLATE[kind]: settings.template, LAUNCH[kind]: launch}


def _environment(said: Environment) -> dict[str, Any]:
    """Without what was left empty."""
    values = {
        "machineType": said.machine_type,
        "numWorkers": said.num_workers,
        "maxWorkers": said.max_workers,
        "tempLocation": said.temp_location,
        "network": said.network,
        "subnetwork": said.subnetwork,
        "ipConfiguration": "" if said.public_addresses else "WORKER_IP_PRIVATE",
        "serviceAccountEmail": said.service_account,
        "additionalExperiments": list(said.additional_experiments),
    }
    return {name: value for name, value in values.items() if value}


def _named(value: Any, bucket: str) -> Any:
    if isinstance(value, str):
        return value.replace("${bucket}", bucket)
    if isinstance(value, Mapping):
        return {key: _named(inner, bucket) for key, inner in value.items()}
    if isinstance(value, list):
        return [_named(inner, bucket) for inner in value]
    return value

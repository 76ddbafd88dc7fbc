"""What Data Pipelines takes for a pipeline."""

from __future__ import annotations

import re
from typing import Any

from provisioning.sandbox.google.calls import part
from provisioning.sandbox.google.dataflow.records import Launch
from provisioning.sandbox.google.datapipelines.unix_cron import BadSchedule, parse_schedule
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.rest import RestError

# Cloud Scheduler is there where App Engine is.
# https://cloud.google.com/about/locations#region
LOCATIONS = frozenset({
    "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3",
    "asia-south1", "asia-southeast1", "asia-southeast2", "australia-southeast1", "europe-central2",
    "europe-west1", "europe-west2", "europe-west3", "europe-west6", "northamerica-northeast1",
    "southamerica-east1", "us-central1", "us-east1", "us-east4", "us-west1", "us-west2",
    "us-west3", "us-west4",
})  # fmt: skip
WRITABLE = frozenset({"displayName", "workload", "scheduleInfo", "schedulerServiceAccountEmail"})
_NAME = re.compile(r"projects/[^/]+/locations/[^/]+/pipelines/[a-zA-Z0-9_-]+")
_DISPLAY = re.compile(r"[A-Za-z0-9_-]{1,1024}")
_BATCH, _STREAMING = "PIPELINE_TYPE_BATCH", "PIPELINE_TYPE_STREAMING"


def invalid(message: str) -> RestError:
    return refusal("INVALID_ARGUMENT", message)


def require_location(location: str) -> None:
    if location not in LOCATIONS:
        message = f"Location {location} is not found or access is unauthorized."
        raise refusal("NOT_FOUND", message)


def require_name(name: str, parent: str) -> None:
    if not _NAME.fullmatch(name) or not name.startswith(f"{parent}/"):
        raise invalid(f"Invalid pipeline name '{name}': it must be like {parent}/pipelines/ID.")


def require_pipeline(wish: dict[str, Any]) -> None:
    display, kind = wish.get("displayName", ""), wish.get("type", "")
    if not _DISPLAY.fullmatch(display):
        raise invalid(
            f"Invalid display name '{display}': it can contain only letters, numbers, hyphens "
            "and underscores."
        )
    if kind not in (_BATCH, _STREAMING):
        raise invalid("The pipeline type must be PIPELINE_TYPE_BATCH or PIPELINE_TYPE_STREAMING.")
    if workload := wish.get("workload"):
        _require_workload(workload)
    if schedule := wish.get("scheduleInfo"):
        _require_schedule(schedule, kind)
    elif "scheduleInfo" in wish:
        del wish["scheduleInfo"]


def _require_workload(workload: dict[str, Any]) -> None:
    if len(workload) != 1:
        raise invalid("The workload must have exactly one Dataflow template request.")
    launch = launch_of(workload, pipeline="")
    for what, value in (("project_id", launch.project), ("location", launch.location),
                        ("job_name", launch.name), ("template path", launch.template)):  # fmt: skip
        if not value:
            raise invalid(f"The workload's Dataflow template request has no {what}.")
    if not re.fullmatch(r"gs://[^/]+/.+", launch.template):
        raise invalid(
            f"Invalid template file path '{launch.template}': it must be like gs://bucket/object."
        )


def _require_schedule(schedule: dict[str, Any], kind: str) -> None:
    if kind == _STREAMING:
        raise invalid("A streaming pipeline cannot have a schedule.")
    try:
        cron = parse_schedule(schedule.get("schedule", ""), schedule.get("timeZone", ""))
    except BadSchedule as error:
        raise invalid(f"Invalid schedule: {error}.") from error
    if cron.next_after(0.0) is None:
        raise invalid("Invalid schedule: it never fires.")


def launch_of(workload: dict[str, Any], *, pipeline: str, streaming: bool = False) -> Launch:
    """What the pipeline asks Dataflow for. `location` of a classic request may be left to the
    pipeline's own."""
    flex = workload.get("dataflowFlexTemplateRequest")
    request = flex or workload.get("dataflowLaunchTemplateRequest", {})
    given = request.get("launchParameter" if flex else "launchParameters", {})
    template = given.get("containerSpecGcsPath", "") if flex else request.get("gcsPath", "")
    return Launch(
        project=request.get("projectId", ""),
        location=request.get("location", "") or part(pipeline, "locations"),
        name=given.get("jobName", ""),
        template=template,
        flexible=bool(flex),
        parameters=given.get("parameters", {}),
        environment=given.get("environment", {}),
        streaming=streaming,
        pipeline=pipeline,
    )

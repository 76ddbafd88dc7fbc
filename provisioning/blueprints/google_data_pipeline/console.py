"""Addresses of Google's own console."""

from __future__ import annotations

import re

HOST = "https://console.cloud.google.com"
JOB = re.compile(r"projects/([^/]+)/locations/([^/]+)/pipelines/([^/]+)/jobs/([^/]+)")
EXECUTION = re.compile(r"projects/([^/]+)/locations/([^/]+)/workflows/([^/]+)/executions/([^/]+)")
DATAFLOW = re.compile(r"projects/([^/]+)/locations/([^/]+)/jobs/([^/]+)")


def url(cloud_id: str) -> str | None:
    """Of a run, of a start that failed, or of the Dataflow job behind a step.

    Data Pipelines' number of a job is not promised to be Dataflow's, so a run leads to the
    pipeline's page, which lists its jobs.
    """
    if found := JOB.fullmatch(cloud_id):
        project, region, pipeline, _ = found.groups()
        return f"{HOST}/dataflow/pipelines/locations/{region}/{pipeline}?project={project}"
    if found := EXECUTION.fullmatch(cloud_id):
        project, region, workflow, execution = found.groups()
        page = f"workflow/{region}/{workflow}/execution/{execution}"
        return f"{HOST}/workflows/{page}?project={project}"
    if found := DATAFLOW.fullmatch(cloud_id):
        project, region, job = found.groups()
        return f"{HOST}/dataflow/jobs/{region}/{job}?project={project}"
    return None


def pipeline(name: str) -> str:
    """Of a pipeline, with its jobs: "projects/…/locations/…/pipelines/…"."""
    _, project, _, region, _, own = name.split("/")
    return f"{HOST}/dataflow/pipelines/locations/{region}/{own}?project={project}"

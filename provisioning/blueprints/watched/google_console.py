"""Addresses of Google's console for what events start."""

from __future__ import annotations

from ..google_data_pipeline.console import HOST
from ..google_data_pipeline.console import url as job_or_execution


def trigger(name: str) -> str:
    """Of an Eventarc trigger."""
    _, project, _, region, _, own = name.split("/")
    return f"{HOST}/eventarc/triggers/{region}/{own}?project={project}"


def run(cloud_id: str) -> str | None:
    """Of an execution; of a request, the service's log, for it has no page of its own."""
    parts = cloud_id.split("/")
    if len(parts) == 8 and parts[4] == "services":
        _, project, _, region, _, service, _, _ = parts
        return f"{HOST}/run/detail/{region}/{service}/logs?project={project}"
    return job_or_execution(cloud_id)

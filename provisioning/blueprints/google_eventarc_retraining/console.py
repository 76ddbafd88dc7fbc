"""Addresses of Google's own console."""

from __future__ import annotations

import re
from urllib.parse import quote

HOST = "https://console.cloud.google.com"
RUN = re.compile(r"projects/([^/]+)/locations/([^/]+)/services/([^/]+)/(events|unheard)/([^/]+)")
JOB = re.compile(r"projects/([^/]+)/locations/([^/]+)/customJobs/([^/]+)")


def url(cloud_id: str, project: str) -> str | None:
    """Of a run: the service's lines of it. Of a training job: its page. Vertex AI names the
    project by its number."""
    if found := RUN.fullmatch(cloud_id):
        owner, region, service, kind, key = found.groups()
        if kind == "unheard":
            return f"{HOST}/run/detail/{region}/{service}/logs?project={owner}"
        query = quote(
            f'resource.labels.service_name="{service}"\njsonPayload.event="{key}"', safe=""
        )
        return f"{HOST}/logs/query;query={query};duration=P30D?project={owner}"
    if found := JOB.fullmatch(cloud_id):
        _, region, job = found.groups()
        return f"{HOST}/vertex-ai/training/{region}/{job}?project={project}"
    return None

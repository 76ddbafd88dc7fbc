"""Addresses of Data Factory Studio."""

from __future__ import annotations

from urllib.parse import quote

from . import names

STUDIO = "https://adf.azure.com/en/monitoring/pipelineruns"
AUTHORING = "https://adf.azure.com/en/authoring/pipeline"


def url(slug: str, subscription: str, cloud_id: str) -> str | None:
    """Of a run. An activity's run has no page of its own: its id has a slash in it."""
    if not cloud_id or "/" in cloud_id:
        return None
    return of_factory(names.factory_id(slug, subscription), cloud_id)


def of_factory(factory_id: str, cloud_id: str) -> str:
    """Of a run in any factory."""
    return f"{STUDIO}/{quote(cloud_id)}?factory={quote(factory_id, safe='')}"


def pipeline(factory_id: str, name: str) -> str:
    """Of a pipeline, where it is written."""
    factory = quote(factory_id, safe="")
    return f"{AUTHORING}/{quote(name, safe='')}?factory={factory}"

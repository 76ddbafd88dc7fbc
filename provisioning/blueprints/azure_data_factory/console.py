"""Addresses of Data Factory Studio."""

from __future__ import annotations

from urllib.parse import quote

from . import names

STUDIO = "https://adf.azure.com/en/monitoring/pipelineruns"


def url(slug: str, subscription: str, cloud_id: str) -> str | None:
    """Of a run. An activity's run has no page of its own: its id has a slash in it."""
    if not cloud_id or "/" in cloud_id:
        return None
    factory = quote(names.factory_id(slug, subscription), safe="")
    return f"{STUDIO}/{quote(cloud_id)}?factory={factory}"

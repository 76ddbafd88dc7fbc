"""What lists read from their address."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from dashboard import queries
from dashboard.models import Pipeline, Run
from provisioning.errors import InvalidInput


def whole_number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 18 else None


def page_of_runs(
    request: HttpRequest,
    *,
    pipeline: Pipeline | int | None = None,
    status: str | None = None,
    limit: int = 50,
) -> tuple[list[Run], str | None]:
    """A page of runs and the cursor of the next one; an address that we never gave is a 404."""
    cursor = request.GET.get("cursor")
    try:
        return queries.runs(
            request.user, pipeline=pipeline, status=status, cursor=cursor, limit=limit
        )
    except InvalidInput as error:
        raise Http404(str(error)) from error

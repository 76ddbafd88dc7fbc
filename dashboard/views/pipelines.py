"""Pipelines: the list, and the tabs of one."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard import access, queries
from dashboard.access import member_required
from dashboard.models import DeploymentResource, Pipeline
from dashboard.views.paging import page_of_runs, whole_number
from dashboard.views.pipeline_tabs import tab
from dashboard.views.strip import strip

GROUPING = ("pulumi:", "skyclock:")


@member_required
@require_safe
def pipeline_list(request: HttpRequest) -> HttpResponseBase:
    search = request.GET.get("search", "").strip()
    kept = request.GET.get("managed", "")
    managed = {"here": True, "watched": False}.get(kept)
    rows = queries.pipeline_list(request.user, search=search, managed=managed)
    context = {
        "rows": rows,
        "search": search,
        "kept": kept if managed is not None else "",
        "any_watched": managed is not None or any(not row.pipeline.managed for row in rows),
        "sandbox_shown": any(row.pipeline.connection.sandbox for row in rows),
    }
    return render(request, "pipelines/list.html", context)


@member_required
@require_safe
def runs(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_pipeline(request.user, id)
    found, older = page_of_runs(request, pipeline=pipeline, limit=30)
    context = {
        "runs": found,
        "older": older,
        "first_page": "cursor" not in request.GET,
        "going_on": any(not run.final for run in found),
        "strip": None if "cursor" in request.GET else strip(pipeline),
    }
    return tab(request, pipeline, "pipeline", context)


@member_required
@require_safe
def triggers(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_pipeline(request.user, id)
    starts, _ = queries.pipeline_starts(request.user, pipeline, limit=30)
    return tab(request, pipeline, "pipeline-triggers", {"starts": starts})


@member_required
@require_safe
def deployments(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    found, older = queries.deployments(
        request.user, pipeline=pipeline, before=whole_number(request, "before"), limit=30
    )
    context = {
        "deployments": found,
        "places": queries.places(found),
        "older": older,
        "going_on": any(not row.final for row in found),
    }
    return tab(request, pipeline, "pipeline-deployments", context)


@member_required
@require_safe
def resources(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    context = {
        "resources": in_cloud(pipeline),
        "outputs": [(name, _text(value)) for name, value in sorted(pipeline.outputs.items())],
    }
    return tab(request, pipeline, "pipeline-resources", context)


def _text(output: Any) -> str:
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)


def in_cloud(pipeline: Pipeline) -> list[DeploymentResource]:
    """What exists in the cloud, without what only groups it: the stack, its components."""
    found = queries.pipeline_resources(pipeline)
    return [one for one in found if not one.kind.startswith(GROUPING)]

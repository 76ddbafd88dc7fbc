"""Runs: the list, one run, and what people do with it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard import access, queries
from dashboard.access import member_required, require_member
from dashboard.models import Run
from dashboard.services import pipelines, runs
from dashboard.views.gantt import bars
from dashboard.views.graph import graph
from dashboard.views.paging import page_of_runs, whole_number
from dashboard.views.responses import see_other, tell_errors
from provisioning.blueprints import registry


@member_required
@require_safe
def run_list(request: HttpRequest) -> HttpResponseBase:
    status = request.GET.get("status", "")
    pipeline = whole_number(request, "pipeline")
    found, older = page_of_runs(
        request, pipeline=pipeline, status=status if status in Run.Status else None
    )
    context = {
        "runs": found,
        "older": older,
        "status": status,
        "pipeline_id": pipeline,
        "statuses": Run.Status.choices,
        "names": access.visible_pipelines(request.user).values_list("pk", "name"),
        "sandbox_shown": any(run.pipeline.connection.sandbox for run in found),
    }
    return render(request, "runs/list.html", context)


@member_required
@require_safe
def run(request: HttpRequest, id: int) -> HttpResponseBase:
    """The page, or only its moving part, which asks again until the run has ended."""
    found = access.get_run(request.user, id)
    steps = queries.run_steps(found)
    connection = found.pipeline.connection
    context = {
        "run": found,
        "pipeline": found.pipeline,
        "connection": connection,
        "bars": bars(found, steps),
        "graph": graph(steps),
        "console_url": _console_url(found),
        "effects": registry.get(found.pipeline.blueprint).effects,
        "schedule_zone": found.trigger.timezone if found.trigger else "",
        "sandbox_shown": connection.sandbox,
    }
    fragment = request.headers.get("HX-Request") == "true"
    return render(request, "runs/_run.html" if fragment else "runs/detail.html", context)


def _console_url(found: Run) -> str | None:
    """Where the cloud's own console shows it. The sandbox has no console."""
    pipeline = found.pipeline
    version = found.version or pipeline.deployed_version or pipeline.current_version
    if pipeline.connection.sandbox or version is None:
        return None
    spec = pipelines.spec_for(pipeline, version)
    return registry.get(pipeline.blueprint).console_url(spec, found.cloud_id)


@member_required
@require_POST
@tell_errors
def stop(request: HttpRequest, id: int) -> HttpResponseBase:
    found = access.get_run(request.user, id)
    runs.stop(actor=require_member(request.user), run=found)
    messages.success(request, "The cloud was asked to stop the run.")
    return see_other("run", found.pk)


@member_required
@require_POST
@tell_errors
def rerun(request: HttpRequest, id: int) -> HttpResponseBase:
    found = access.get_run(request.user, id)
    again = runs.rerun(
        actor=require_member(request.user),
        run=found,
        from_failure=request.POST.get("from_failure") == "yes",
    )
    messages.success(request, "Started again.")
    return see_other("run", again.pk)

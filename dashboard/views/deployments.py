"""Deployments: the list, one with its log, and what people do with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard import access, launch, queries
from dashboard.access import member_required, require_member
from dashboard.models import Deployment
from dashboard.views import deployment_parts
from dashboard.views.paging import whole_number
from dashboard.views.responses import see_other, tell_errors

TAIL = 2000  # lines that a page opens with; all are in log.txt
CHUNK = 2000


@member_required
@require_safe
def deployment_list(request: HttpRequest) -> HttpResponseBase:
    status = request.GET.get("status", "")
    found, older = queries.deployments(
        request.user,
        status=status if status in Deployment.Status else None,
        before=whole_number(request, "before"),
    )
    context = {
        "deployments": found,
        "older": older,
        "status": status,
        "statuses": Deployment.Status.choices,
        "sandbox_shown": any(row.pipeline.connection.sandbox for row in found),
    }
    return render(request, "deployments/list.html", context)


@member_required
@require_safe
def deployment(request: HttpRequest, id: int) -> HttpResponseBase:
    # The row before its lines: what comes in between is sent by the stream.
    found = access.get_deployment(request.user, id)
    first = max(0, found.last_line - TAIL)
    lines = queries.deployment_lines(found, after=first, limit=TAIL * 2)
    context = deployment_parts.context(found, request.user) | {
        "lines": lines,
        "left_out": lines[0].n - 1 if lines else 0,
        "last": lines[-1].n if lines else 0,
        "sandbox_shown": found.pipeline.connection.sandbox,
    }
    return render(request, "deployments/detail.html", context)


@member_required
@require_safe
def log_text(request: HttpRequest, id: int) -> HttpResponseBase:
    found = access.get_deployment(request.user, id)
    name = f"deployment-{found.pk}.txt"
    return HttpResponse(
        "".join(_text(found.pk)),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _text(id: int) -> Iterator[str]:
    after = 0
    while lines := queries.deployment_lines(id, after=after, limit=CHUNK):
        yield "".join(
            f"{line.n:>6} {line.time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ} "
            f"{line.level:<7} {line.text}\n"
            for line in lines
        )
        after = lines[-1].n


@member_required
@require_POST
@tell_errors
def cancel(request: HttpRequest, id: int) -> HttpResponseBase:
    found = access.get_deployment(request.user, id)
    launch.request_cancel(
        actor=require_member(request.user),
        deployment=found,
        at_once=request.POST.get("step") == "at-once",
    )
    messages.success(request, deployment_parts.cancelling(found))
    return see_other("deployment", found.pk)


@member_required
@require_POST
@tell_errors
def repair(request: HttpRequest, id: int) -> HttpResponseBase:
    found = access.get_deployment(request.user, id)
    row = launch.request_repair(actor=require_member(request.user), deployment=found)
    return see_other("deployment", row.pk)

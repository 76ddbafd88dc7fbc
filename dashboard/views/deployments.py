"""Deployments: the list, one of them, and what people do with it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard import access, launch, queries
from dashboard.access import member_required, require_member
from dashboard.models import Deployment
from dashboard.views import deployment_parts
from dashboard.views.deployment_lines import log_page
from dashboard.views.paging import whole_number
from dashboard.views.responses import see_other, tell_errors


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
        "places": queries.places(found),
        "older": older,
        "going_on": any(not row.final for row in found),
        "status": status,
        "statuses": Deployment.Status.choices,
        "sandbox_shown": any(row.pipeline.connection.sandbox for row in found),
    }
    return render(request, "deployments/list.html", context)


@member_required
@require_safe
def deployment(request: HttpRequest, id: int) -> HttpResponseBase:
    found = access.get_deployment(request.user, id)
    context = deployment_parts.context(found, request.user) | {
        "log": log_page(request, found),
        "sandbox_shown": found.pipeline.connection.sandbox,
    }
    return render(request, "deployments/detail.html", context)


@member_required
@require_POST
@tell_errors
def retry(request: HttpRequest, id: int) -> HttpResponseBase:
    found = access.get_deployment(request.user, id)
    asked = launch.retry(
        actor=require_member(request.user),
        deployment=found,
        here=request.POST.get("from") == "here",
    )
    return see_other("deployment", asked.pk)


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

"""Deciding about a Deployment that waits for approval."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST

from dashboard import access, launch
from dashboard.access import member_required, require_member
from dashboard.views.responses import see_other, tell_errors


@member_required
@require_POST
@tell_errors
def approve(request: HttpRequest, id: int) -> HttpResponseBase:
    found = access.get_deployment(request.user, id)
    actor = require_member(request.user)
    launch.approve(actor=actor, deployment=found, comment=_comment(request))
    messages.success(request, "Approved. It applies exactly the plan below, or nothing.")
    return see_other("deployment", found.pk)


@member_required
@require_POST
@tell_errors
def discard(request: HttpRequest, id: int) -> HttpResponseBase:
    found = access.get_deployment(request.user, id)
    actor = require_member(request.user)
    launch.discard(actor=actor, deployment=found, comment=_comment(request))
    messages.success(request, "Discarded. Nothing was changed in the cloud.")
    return see_other("deployment", found.pk)


def _comment(request: HttpRequest) -> str:
    return request.POST.get("comment", "")

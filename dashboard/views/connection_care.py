"""What happens to a Connection's credential: rotated, put back, disabled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import access, launch, queries
from dashboard.access import admin_required, require_admin
from dashboard.forms.connections import Way, way_of, ways
from dashboard.forms.rotation import RotateForm
from dashboard.models import Connection
from dashboard.services import connections, rotation, switching
from dashboard.views.responses import see_other, tell_errors
from provisioning.errors import InvalidInput, SkyclockError


def care_of(connection: Connection) -> dict[str, Any]:
    """What the page of a Connection says of its credential."""
    now = datetime.now(UTC)
    return {
        "risks": queries.risks_of(connection, now),
        "can_rotate": not connections.is_ready_made(connection),
        "can_undo": rotation.can_undo(connection),
        "running": switching.running_on(connection),
        "waiting": switching.waiting_on(connection),
        "expiry": queries.expiry_sentence(connection, now),
        "ending": queries.when_it_ends(connection),
    }


@sensitive_post_parameters()
@admin_required
@require_http_methods(["GET", "POST"])
def rotate(request: HttpRequest, id: int) -> HttpResponseBase:
    """Enter a new credential, by the same or by another method; it is tested, then in use."""
    row = access.get_connection(request.user, id)
    if connections.is_ready_made(row):
        messages.info(request, "A sandbox connection that ships inside has no credential of yours.")
        return see_other("connection", row.pk)
    method = request.GET.get("method") or row.method
    chosen = way_of(row.cloud, method)
    if chosen is None:
        raise Http404(f"{row.cloud} cannot be entered by {method}.")
    form = RotateForm(request.POST or None, connection=row, method=method)
    if form.is_valid() and _rotated(request, row, form, method):
        return see_other("connection", row.pk)
    context = {
        "form": form,
        "connection": row,
        "method": method,
        "entered": chosen[0],
        "way": chosen[1],
        "others": [each for each in _methods(row) if each.method != method],
        "used_by": connections.users_of(row),
        "running": switching.running_on(row),
        "sandbox_shown": row.sandbox,
    }
    status = 400 if form.errors else 200
    return render(request, "connections/rotate.html", context, status=status)


def _methods(row: Connection) -> Sequence[Way]:
    return next(each.methods for each in ways() if each.cloud.value == row.cloud)


def _rotated(request: HttpRequest, row: Connection, form: RotateForm, method: str) -> bool:
    actor = require_admin(request.user)
    try:
        rotation.rotate(
            actor=actor,
            connection=row,
            credential=form.credential or {},
            method=method,
            expires_at=form.ends,
            seen=form.cleaned_data["rotation"],
        )
    except InvalidInput as error:
        form.show(error)
        return False
    except SkyclockError as error:  # the cloud was away, or somebody else was faster
        form.add_error(None, str(error))
        return False
    messages.success(
        request,
        f"{row.name} uses the new credential now. The one before can be put back for 24 hours; "
        "do not revoke it in the cloud before that, or before running deployments have ended.",
    )
    launch.request_test(actor=actor, connection=row)
    return True


@admin_required
@require_POST
@tell_errors
def undo(request: HttpRequest, id: int) -> HttpResponseBase:
    row = access.get_connection(request.user, id)
    actor = require_admin(request.user)
    rotation.undo(actor=actor, connection=row)
    launch.request_test(actor=actor, connection=row)
    messages.success(request, f"{row.name} uses the credential of before again.")
    return see_other("connection", row.pk)

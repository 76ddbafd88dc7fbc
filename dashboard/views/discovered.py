"""What a Connection's account has that can be watched, and choosing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import access, launch, queries
from dashboard.access import member_required, require_member
from dashboard.models import Connection
from dashboard.services import watching
from dashboard.services.entering import require_level
from dashboard.views.responses import see_other, tell_errors
from provisioning.contracts import Level
from provisioning.errors import InvalidInput, NotPossible


@member_required
@require_safe
def page(request: HttpRequest, id: int) -> HttpResponseBase:
    """While a look is under way, the page asks again for what it found."""
    connection = access.get_connection(request.user, id)
    found = queries.discovered(request.user, connection)
    context = {
        "connection": connection,
        "found": found,
        "hindrance": _hindrance(connection),
        "sandbox_shown": connection.sandbox,
        "chosen": set(request.GET.getlist("item")),
    }
    return render(request, "connections/discover.html", context)


def _hindrance(connection: Connection) -> str:
    """Why nobody looks at its account."""
    try:
        require_level(connection, Level.OBSERVE)
    except NotPossible as error:
        return str(error)
    return ""


@member_required
@require_POST
@tell_errors
def look(request: HttpRequest, id: int) -> HttpResponseBase:
    connection = access.get_connection(request.user, id)
    launch.request_discovery(actor=require_member(request.user), connection=connection)
    return see_other("connection-discover", connection.pk)


@member_required
@require_POST
@tell_errors
def watch(request: HttpRequest, id: int) -> HttpResponseBase:
    connection = access.get_connection(request.user, id)
    items = request.POST.getlist("item")
    try:
        rows = watching.watch(
            actor=require_member(request.user), connection=connection, items=items
        )
    except InvalidInput as error:
        messages.error(request, str(error))
        return see_other("connection-discover", connection.pk)
    names = ", ".join(row.name for row in rows[:3])
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    messages.success(request, f"Watching {names}{more}. Runs appear within a minute.")
    return see_other("pipelines") if len(rows) > 1 else see_other("pipeline", rows[0].pk)


@member_required
@require_http_methods(["GET", "POST"])
@tell_errors
def stop(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_pipeline(request.user, id)
    if request.method == "POST":
        watching.stop(actor=require_member(request.user), pipeline=pipeline)
        messages.success(
            request, f"{pipeline.name} is not watched any more. It stays in the cloud as it is."
        )
        return see_other("pipelines")
    context = {"pipeline": pipeline, "sandbox_shown": pipeline.connection.sandbox}
    return render(request, "pipelines/unwatch.html", context)

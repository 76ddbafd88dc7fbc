"""Ghosts: what starts runs in the clouds and should not, and what should and does not."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import access, launch, queries
from dashboard.access import member_required, require_member
from dashboard.forms.ghosts import RemoveGhostForm
from dashboard.models import Ghost, User
from dashboard.services import ghosts
from dashboard.views.responses import see_other, tell_errors
from provisioning.errors import InvalidInput, NotPossible, SkyclockError

MOST = 200


@member_required
@require_safe
def ghost_list(request: HttpRequest) -> HttpResponseBase:
    rows = list(queries.ghosts(request.user)[:MOST])
    hunts = list(queries.hunts(request.user))
    connections = [each.connection for each in rows] + [each.connection for each in hunts]
    context = {
        "open": [row for row in rows if not row.ignored_at],
        "ignored": [row for row in rows if row.ignored_at],
        "hunts": hunts,
        "sandbox_shown": any(each.sandbox for each in connections),
    }
    return render(request, "ghosts/list.html", context)


@member_required
@require_POST
@tell_errors
def fix(request: HttpRequest, id: int) -> HttpResponseBase:
    ghost = access.get_ghost(request.user, id)
    actor, action = require_member(request.user), request.POST.get("do", "")
    messages.success(request, _fixed(actor, ghost, action))
    return see_other("ghosts")


def _fixed(actor: User, ghost: Ghost, action: str) -> str:
    if action == "resume":
        ghosts.resume(actor=actor, ghost=ghost)
        return "Resumed. What it would have started meanwhile is not made up for."
    if action == "pause":
        ghosts.pause(actor=actor, ghost=ghost)
        return f"{ghost.name} is paused in the cloud."
    if action == "redeploy" and ghost.pipeline:
        launch.bring_back(actor=actor, pipeline=ghost.pipeline)
        return f"{ghost.pipeline.name} is being deployed anew."
    raise NotPossible("There is nothing of this kind to be done here.")


@member_required
@require_POST
@tell_errors
def ignore(request: HttpRequest, id: int) -> HttpResponseBase:
    ghost, actor = access.get_ghost(request.user, id), require_member(request.user)
    if request.POST.get("ignored") == "false":
        ghosts.heed(actor=actor, ghost=ghost)
        messages.success(request, f"{ghost.name} is shown again.")
    else:
        ghosts.ignore(actor=actor, ghost=ghost, note=request.POST.get("note", ""))
        messages.success(request, f"{ghost.name} is ignored until it changes.")
    return see_other("ghosts")


@member_required
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, id: int) -> HttpResponseBase:
    ghost = access.get_ghost(request.user, id)
    form = RemoveGhostForm(ghost.name, request.POST or None)
    if form.is_valid():
        try:
            confirm = form.cleaned_data["confirm"]
            ghosts.remove(actor=require_member(request.user), ghost=ghost, confirm=confirm)
        except InvalidInput as error:
            form.show(error)
        except SkyclockError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{ghost.name} is deleted in the cloud.")
            return see_other("ghosts")
    context = {"form": form, "ghost": ghost, "sandbox_shown": ghost.connection.sandbox}
    return render(request, "ghosts/remove.html", context, status=400 if form.errors else 200)

"""What a trigger comes to, while it is typed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard import access
from dashboard.access import member_required
from dashboard.forms.builder import facts, nearest
from dashboard.forms.sentences import read_in
from dashboard.forms.triggers import FIELDS, preview
from dashboard.models import Connection, Pipeline
from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint
from provisioning.contracts import Cloud


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def schedule_preview(request: HttpRequest) -> HttpResponseBase:
    """A fragment: badges, next ten runs, the month, clock changes, or what is wrong; and what
    the inputs have to say to be in step.

    Takes cron, timezone and sentence as they are, or as the wizard names them:
    `triggers.0.cron`, with `at=0`.
    """
    asked = request.POST if request.method == "POST" else request.GET
    at = asked.get("at", "")
    said = {name: asked.get(f"triggers.{at}.{name}", asked.get(name, "")) for name in FIELDS}
    typed, _ = read_in(said)
    connection = _connection(request, asked)
    now = connection.now(timezone.now()) if connection else timezone.now()
    blueprint = _blueprint(asked.get("blueprint", ""))
    cloud = connection.cloud if connection else (blueprint.cloud if blueprint else None)
    context = {
        "preview": preview(typed, blueprint, now),
        "facts": facts(
            typed,
            now,
            cloud=Cloud(cloud) if cloud else None,
            visitor=request.user,
            pipeline=_pipeline(request, asked),
        ),
        "nearest": nearest(typed),
        "typed": typed,
        "said": said,
        "connection": connection,
        "now": now,
        "n": at,
        "path": f"triggers.{at}",
    }
    return render(request, "schedule/_answer.html", context)


@member_required
@require_http_methods(["GET", "HEAD"])
def trigger_preview(request: HttpRequest) -> HttpResponseBase:
    """The sentence of a trigger of another kind, or what is wrong with it."""
    at = request.GET.get("at", "")
    prefix = f"triggers.{at}."
    typed = {k.removeprefix(prefix): str(v) for k, v in request.GET.items() if k.startswith(prefix)}
    blueprint = _blueprint(request.GET.get("blueprint", ""))
    names = dict(access.visible_pipelines(request.user).values_list("pk", "name"))
    found = preview(
        typed,
        blueprint,
        timezone.now(),
        pipeline_name=lambda id: names.get(id, f"pipeline {id}"),
    )
    return render(request, "triggers/_sentence.html", {"preview": found})


def _connection(request: HttpRequest, asked: QueryDict) -> Connection | None:
    id = asked.get("connection", "")
    return access.get_connection(request.user, int(id)) if id.isdecimal() else None


def _pipeline(request: HttpRequest, asked: QueryDict) -> Pipeline | None:
    id = asked.get("pipeline", "")
    return access.get_pipeline(request.user, int(id)) if id.isdecimal() else None


def _blueprint(kind: str) -> Blueprint | None:
    return registry.get(kind) if kind in registry.BLUEPRINTS else None

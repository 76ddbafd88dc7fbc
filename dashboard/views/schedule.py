"""What a trigger comes to, while it is typed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard import access
from dashboard.access import member_required
from dashboard.forms.triggers import FIELDS, preview
from dashboard.models import Connection
from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def schedule_preview(request: HttpRequest) -> HttpResponseBase:
    """A fragment: sentence, next ten runs, the cloud's own form of it, or what is wrong.

    Takes cron and timezone as they are, or as the wizard names them: `triggers.0.cron`, with
    `at=0`.
    """
    asked = request.POST if request.method == "POST" else request.GET
    at = asked.get("at", "")
    typed = {name: asked.get(f"triggers.{at}.{name}", asked.get(name, "")) for name in FIELDS}
    connection = _connection(request, asked.get("connection", ""))
    now = connection.now(timezone.now()) if connection else timezone.now()
    found = preview(typed, _blueprint(asked.get("blueprint", "")), now)
    context = {"preview": found, "connection": connection, "now": now, "at": at}
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


def _connection(request: HttpRequest, id: str) -> Connection | None:
    return access.get_connection(request.user, int(id)) if id.isdecimal() else None


def _blueprint(kind: str) -> Blueprint | None:
    return registry.get(kind) if kind in registry.BLUEPRINTS else None

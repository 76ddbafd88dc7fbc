"""What Skyclock itself runs on: its engine, workers, database and queue. For admins."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard import launch, queries
from dashboard.access import admin_required, require_admin
from dashboard.services import system, upgrades, workers
from dashboard.views.responses import see_other, tell_errors
from provisioning.engine import versions


@admin_required
@require_safe
def page(request: HttpRequest) -> HttpResponseBase:
    choice = upgrades.row()
    hosts = list(queries.worker_hosts(request.user))
    standing = system.standing()
    context = {
        "choice": choice,
        "tested": upgrades.tested(),
        "minimum": versions.written(versions.MINIMUM),
        "stuck": bool(choice.trying) and upgrades.is_stuck(choice),
        "offers": upgrades.offers(choice),
        "hosts": [(host, workers.is_alive(host)) for host in hosts],
        "plugins": sorted({plugin for host in hosts for plugin in host.plugins}),
        "parts": standing.parts,
        "unreadable": standing.unreadable,
    }
    return render(request, "system/page.html", context)


@admin_required
@require_POST
@tell_errors
def use_engine(request: HttpRequest) -> HttpResponseBase:
    version = request.POST.get("version", "")
    launch.use_engine(actor=require_admin(request.user), version=version)
    messages.success(request, f"Pulumi {version} is being prepared and tried.")
    return see_other("system")


@admin_required
@require_POST
@tell_errors
def look_for_engine(request: HttpRequest) -> HttpResponseBase:
    launch.look_for_engine(actor=require_admin(request.user))
    messages.success(request, "The vendor is being asked. Reload this page in a few seconds.")
    return see_other("system")

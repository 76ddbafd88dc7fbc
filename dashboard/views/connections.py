"""Connections: for admins. Others meet only their names, where they choose one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import access, launch, queries
from dashboard.access import admin_required, require_admin
from dashboard.forms.connections import (
    ConnectionForm,
    EditSandboxForm,
    SandboxForm,
)
from dashboard.forms.styled import StyledForm
from dashboard.models import Connection, ConnectionTest
from dashboard.services import connection_tests, connections, switching
from dashboard.views.connection_care import care_of
from dashboard.views.responses import see_other, tell_errors
from provisioning.contracts import Cloud
from provisioning.errors import InvalidInput, SkyclockError


@admin_required
@require_safe
def connection_list(request: HttpRequest) -> HttpResponseBase:
    every = queries.connections_by_risk(request.user, datetime.now(UTC))
    risk, cloud = request.GET.get("risk", ""), request.GET.get("cloud", "")
    rows = [
        row
        for row in every
        if (not risk or any(each.name == risk for each in row.risks))
        and cloud in ("", row.connection.cloud)
    ]
    context = {
        "rows": rows,
        "any": bool(every),
        "risk": risk,
        "risks": [(name, label) for name, (_word, label) in queries.RISKS.items()],
        "cloud": cloud,
        "clouds": Connection.CloudName.choices,
        "sandbox_shown": any(row.connection.sandbox for row in rows),
    }
    return render(request, "connections/list.html", context)


@admin_required
@require_http_methods(["GET", "POST"])
def new_sandbox(request: HttpRequest) -> HttpResponseBase:
    form = SandboxForm(request.POST or None)
    if row := _saved(form, lambda: _create_sandbox(request, form)):
        messages.success(request, f"{row.name} is ready. Everything on it is simulated.")
        launch.request_test(actor=require_admin(request.user), connection=row)
        return see_other("connection", row.pk)
    return render(request, "connections/new_sandbox.html", {"form": form}, status=_status(form))


def _create_sandbox(request: HttpRequest, form: SandboxForm) -> Connection:
    return connections.create_sandbox(actor=require_admin(request.user), **form.cleaned_data)


@admin_required
@require_safe
def connection(request: HttpRequest, id: int) -> HttpResponseBase:
    """Its facts, the report of the last test or of the one that is named, and where it is used."""
    row = access.get_connection(request.user, id)
    tests = list(access.visible_tests(request.user, row))
    named = request.GET.get("test", "")
    shown = _test_shown(tests, named)
    if named and shown is None:
        raise Http404("There is no such report any more.")
    context = {
        "connection": row,
        "tests": tests,
        "test": shown,
        "to_come": _to_come(shown),
        "again": next((each for each in tests if each.put_off and each is not shown), None),
        "used_by": row.pipelines.filter(archived_at=None).order_by("name"),
        "sandbox_shown": row.sandbox,
        **care_of(row),
    }
    return render(request, "connections/detail.html", context)


def _test_shown(tests: list[ConnectionTest], named: str) -> ConnectionTest | None:
    """The one that is named, else the last that has begun or is about to."""
    if named:
        return next((each for each in tests if str(each.pk) == named), None)
    return next((each for each in tests if not each.put_off), next(iter(tests), None))


def _to_come(test: ConnectionTest | None) -> list[str]:
    """The checks that an unfinished report has not reached."""
    if test is None or test.status == ConnectionTest.Status.FINISHED:
        return []
    return [name for name in connection_tests.expected(test) if not test.found(name)]


@admin_required
@require_POST
@tell_errors
def test(request: HttpRequest, id: int) -> HttpResponseBase:
    """Have a worker try it out; the page shows the report as it comes in."""
    row = access.get_connection(request.user, id)
    launch.request_test(actor=require_admin(request.user), connection=row)
    return see_other("connection", row.pk)


@sensitive_post_parameters()
@admin_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, id: int) -> HttpResponseBase:
    row = access.get_connection(request.user, id)
    form = _edit_form(request, row)
    if _saved(form, lambda: _update(request, row, form)):
        messages.success(request, f"{row.name} is saved.")
        return see_other("connection", row.pk)
    context = {
        "form": form,
        "connection": row,
        "used_by": connections.where_used(row),
        "sandbox_shown": row.sandbox,
    }
    return render(request, "connections/edit.html", context, status=_status(form))


def _edit_form(request: HttpRequest, row: Connection) -> StyledForm:
    initial = {
        "name": row.name,
        "level": row.level,
        "approval_required": row.approval_required,
    }
    if connections.is_ready_made(row):
        return EditSandboxForm(request.POST or None, initial=initial)
    return ConnectionForm(
        request.POST or None,
        initial=initial,
        cloud=Cloud(row.cloud),
        method=row.method,
        stored=True,
        sandbox=row.sandbox,
    )


def _update(request: HttpRequest, row: Connection, form: StyledForm) -> Connection:
    own = form if isinstance(form, ConnectionForm) else None
    return connections.update(
        actor=require_admin(request.user),
        connection=row,
        name=form.cleaned_data["name"],
        level=form.cleaned_data["level"],
        approval_required=form.cleaned_data["approval_required"],
        credential=own.credential if own else None,
        expires_at=own.ends if own else None,
    )


@admin_required
@require_POST
@tell_errors
def switch(request: HttpRequest, id: int) -> HttpResponseBase:
    """Enable or disable. Disabled is instant: no new deployments, no polling."""
    row = access.get_connection(request.user, id)
    enabled = request.POST.get("enabled") == "true"
    switching.switch(actor=require_admin(request.user), connection=row, enabled=enabled)
    messages.success(request, f"{row.name} is {'enabled' if enabled else 'disabled'}.")
    if not enabled and (running := switching.running_on(row)):
        names = ", ".join(each.pipeline.name for each in running)
        messages.warning(request, f"Deployments under way go on, of {names}. Cancel them below.")
        return see_other("connection", row.pk)
    return see_other("connections")


@admin_required
@require_POST
@tell_errors
def delete(request: HttpRequest, id: int) -> HttpResponseBase:
    row = access.get_connection(request.user, id)
    connections.delete(actor=require_admin(request.user), connection=row)
    messages.success(request, f"{row.name} is deleted, and its credential with it.")
    return see_other("connections")


def _saved(form: StyledForm, save: Callable[[], Connection]) -> Connection | None:
    """The row, once what was posted is right; what is wrong stands in the form."""
    if not form.is_valid():  # which a form that was not posted never is
        return None
    try:
        return save()
    except InvalidInput as error:
        form.show(error)
    except SkyclockError as error:  # the cloud refused, or was away
        form.add_error(None, str(error))
    return None


def _status(form: StyledForm) -> int:
    return 400 if form.errors else 200

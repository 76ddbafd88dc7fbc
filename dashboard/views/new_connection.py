"""Adding a Connection: which cloud, how it is entered, and how its side is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import launch
from dashboard.access import admin_required, require_admin
from dashboard.forms.connections import LEVELS, Way, Ways, way_of, ways
from dashboard.forms.new_connection import NewConnectionForm
from dashboard.models import Connection
from dashboard.services import connections, issuer, permissions, sandbox_set_up, setting_up
from dashboard.services.setting_up import Identity, SetUp
from dashboard.views.responses import see_other, tell_errors
from provisioning.clouds.setting_up import TITLES
from provisioning.contracts import Cloud, Level
from provisioning.errors import InvalidInput, SkyclockError

# Fields by which blocks get ids; nothing secret is among them.
IDS = ("account", "project", "region", "role_arn", "subscription_id")
# Those that are no part of the credential; the level has a place of its own.
OURS = ("name", "approval_required")


@dataclass(frozen=True)
class Asked:
    """What a page of one method was asked for."""

    entered: Ways
    way: Way
    sandbox: bool
    identity: Identity
    level: Level
    blueprints: tuple[str, ...]
    tool: str
    typed: Mapping[str, str]

    @property
    def cloud(self) -> Cloud:
        return self.entered.cloud

    def shown(self) -> SetUp:
        account = connections.SANDBOX_ACCOUNTS[self.cloud][0] if self.sandbox else ""
        return setting_up.show(
            self.cloud,
            self.way.method,
            self.level,
            identity=self.identity,
            typed={"account": account, **self.typed},
            blueprints=self.blueprints,
        )


@admin_required
@require_safe
def choose(request: HttpRequest) -> HttpResponseBase:
    """Which cloud, a real account or the sandbox, and how it is entered."""
    sandbox = request.GET.get("sandbox") == "1"
    context = {"ways": ways(), "on_sandbox": sandbox, "query": "?sandbox=1" if sandbox else ""}
    return render(request, "connections/choose.html", context)


@sensitive_post_parameters()
@admin_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, cloud: str, method: str) -> HttpResponseBase:
    asked = _asked(request.POST or request.GET, cloud, method)
    form = NewConnectionForm(
        request.POST or None,
        cloud=asked.cloud,
        method=method,
        sandbox=asked.sandbox,
        identity=asked.identity,
        level=asked.level.value,
        held=sandbox_set_up.kept(request.session, asked.identity, method) if asked.sandbox else {},
        typed={name: request.GET[name] for name in OURS if name in request.GET},
    )
    if row := _saved(request, form, asked):
        sandbox_set_up.forget(request.session, asked.identity)
        _tell_account(request, row)
        launch.request_test(actor=require_admin(request.user), connection=row)
        return see_other("connection", row.pk)
    context = {
        **_context(asked),
        "form": form,
        "entered": asked.entered,
        "way": asked.way,
        "done": bool(form.held),
    }
    return render(request, "connections/new.html", context, status=400 if form.errors else 200)


@admin_required
@require_safe
def set_up(request: HttpRequest, cloud: str, method: str) -> HttpResponseBase:
    """The blocks and the policy for what is chosen and typed now."""
    return render(request, "connections/_set_up.html", _context(_asked(request.GET, cloud, method)))


@sensitive_post_parameters()
@admin_required
@require_POST
@tell_errors
def on_sandbox(request: HttpRequest, cloud: str, method: str) -> HttpResponseBase:
    """Do there what the blocks say, under names of its own, and fill the form with what came."""
    asked = replace(
        _asked(request.POST, cloud, method), sandbox=True, identity=setting_up.new_identity()
    )
    made = sandbox_set_up.set_up(actor=require_admin(request.user), shown=asked.shown())
    sandbox_set_up.keep(request.session, asked.identity, method, made)
    query = {"sandbox": "1", "identity": asked.identity.signed, "level": asked.level.value}
    query |= {name: request.POST[name] for name in OURS if request.POST.get(name)}
    address = reverse("connection-new", args=[cloud, method])
    return see_other(f"{address}?{urlencode(query)}")


@admin_required
@require_safe
def reach(request: HttpRequest) -> HttpResponseBase:
    """Whether clouds can reach the issuer. Asked for beside the form, because it may take long."""
    return render(request, "connections/_reach.html", {"reach": issuer.reach()})


def _asked(given: QueryDict, cloud: str, method: str) -> Asked:
    chosen = way_of(cloud, method)
    if chosen is None:
        raise Http404(f"{cloud} cannot be entered by {method}.")
    entered, way = chosen
    level = given.get("level", "")
    return Asked(
        entered=entered,
        way=way,
        sandbox=given.get("sandbox") == "1",
        identity=_identity(given.get("identity", "")),
        level=Level(level) if level in list(Level) else Level.DEPLOY,
        blueprints=_known(entered.cloud, given.getlist("blueprints")),
        tool=next((tool for tool in TITLES if tool == given.get("tool")), "cli"),
        typed={name: given.get(name, "") for name in IDS if given.get(name)},
    )


def _identity(signed: str) -> Identity:
    try:
        return setting_up.identity_of(signed)
    except InvalidInput:  # of a page of long ago, or the first look
        return setting_up.new_identity()


def _known(cloud: Cloud, kinds: list[str]) -> tuple[str, ...]:
    known = {kind for kind, _ in permissions.kinds_of(cloud)}
    return tuple(kind for kind in kinds if kind in known)


def _context(asked: Asked) -> dict[str, Any]:
    kinds = permissions.kinds_of(asked.cloud)
    chosen = asked.blueprints or tuple(kind for kind, _ in kinds)
    by_level = {
        "identity": asked.identity.signed,
        **({"sandbox": "1"} if asked.sandbox else {}),
    }
    address = reverse("connection-new", args=[asked.cloud.value, asked.way.method])
    shown = asked.shown()
    return {
        "asked": asked,
        "set_up": shown,
        "kinds": [(kind, label, kind in chosen) for kind, label in kinds],
        "levels": [
            (name, f"{address}?{urlencode(by_level | {'level': name})}") for name, _ in LEVELS
        ],
        "unfit": "" if asked.sandbox else setting_up.unreachable(asked.way.method),
        "sandbox_shown": asked.sandbox,
    }


def _saved(request: HttpRequest, form: NewConnectionForm, asked: Asked) -> Connection | None:
    if not form.is_valid():
        return None
    try:
        if shown := request.POST.get("identity"):
            asked = replace(asked, identity=setting_up.identity_of(shown))
        return _create(request, form, asked)
    except InvalidInput as error:
        form.show(error)
    except SkyclockError as error:  # the cloud refused, or was away
        form.add_error(None, str(error))
    return None


def _create(request: HttpRequest, form: NewConnectionForm, asked: Asked) -> Connection:
    return connections.create(
        actor=require_admin(request.user),
        name=form.cleaned_data["name"],
        cloud=asked.cloud,
        method=asked.way.method,
        level=form.cleaned_data["level"],
        credential=form.credential,
        approval_required=form.cleaned_data["approval_required"],
        sandbox=asked.sandbox,
        uid=asked.identity.uid,
        expires_at=form.ends,
    )


def _tell_account(request: HttpRequest, row: Connection) -> None:
    if row.account:
        messages.success(request, f"{row.name} opens account {row.account}.")
        return
    messages.warning(
        request,
        f"{row.name} is saved, but {row.get_cloud_display()} did not answer, so its account is "
        "not known yet. It is tested again every few minutes until it is.",
    )

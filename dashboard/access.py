"""Who may see and do what. Every view and every API call goes through here.

Two roles: an admin looks after Connections and people; a member does all the rest. Everybody
who is signed in sees every Pipeline: the Connection's level, not the person, limits what can
be done with it. Getters raise Http404, role checks raise PermissionDenied (403).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeGuard

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control

from dashboard.models import (
    Backfill,
    Connection,
    ConnectionTest,
    Deployment,
    Ghost,
    Maintenance,
    Pipeline,
    Run,
    Start,
    Trigger,
    User,
    Version,
)

Visitor = User | AnonymousUser
LARGEST_ID = 2**63 - 1  # of a row
P = ParamSpec("P")
# Lists show a Version's number; what it defines can be large.
DEFINITION = ("version__settings", "version__triggers")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


# ── Roles ───────────────────────────────────────────────────────────────────────────


def is_member(user: Visitor) -> TypeGuard[User]:
    """Signed in with an account that has not been deactivated; admins are members too."""
    return isinstance(user, User) and user.is_active


def require_member(user: Visitor) -> User:
    if not is_member(user):
        raise PermissionDenied("Sign in first.")
    return user


def require_admin(user: Visitor) -> User:
    if not is_member(user) or not user.is_admin:
        raise PermissionDenied("Only an admin may do this.")
    return user


def may_take_out(user: Visitor, pipeline: Pipeline) -> bool:
    """Who may deploy a Pipeline may also leave with it; an admin may in any case, because what
    is deployed can still be left when its Connection is not for deployments any more."""
    connection = pipeline.connection
    deploys = connection.enabled and connection.level == Connection.LevelName.DEPLOY
    return is_member(user) and (user.is_admin or deploys)


def require_take_out(user: Visitor, pipeline: Pipeline) -> User:
    member = require_member(user)
    if not may_take_out(member, pipeline):
        raise PermissionDenied(
            f"The connection {pipeline.connection.name} does not allow deployments, so only an "
            "admin may do this."
        )
    return member


def may_approve(user: Visitor, deployment: Deployment) -> bool:
    """Any member, so long as it is somebody else than who asked for it."""
    return is_member(user) and deployment.requested_by_id != user.pk


def require_approver(user: Visitor, deployment: Deployment) -> User:
    member = require_member(user)
    if not may_approve(member, deployment):
        raise PermissionDenied(
            "You asked for this deployment, so somebody else has to approve it. You can discard it."
        )
    return member


def member_required(view: View[P]) -> View[P]:
    return _checked(view, require_member)


def admin_required(view: View[P]) -> View[P]:
    return _checked(view, require_admin)


def _checked(view: View[P], require: Callable[[Visitor], User]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        require(request.user)
        answer = view(request, *args, **kwargs)
        # What somebody saw must not come back from a cache after they signed out.
        patch_cache_control(answer, private=True, no_store=True)
        return answer

    return guarded


# ── What a person sees ──────────────────────────────────────────────────────────────


def visible_connections(user: Visitor) -> QuerySet[Connection]:
    require_member(user)
    return Connection.objects.filter(removed_at=None)


def visible_tests(user: Visitor, connection: Connection) -> QuerySet[ConnectionTest]:
    require_admin(user)
    return connection.tests.select_related("asked_by")


def visible_pipelines(user: Visitor) -> QuerySet[Pipeline]:
    """Pipelines that were not deleted; the history of deleted ones stays visible."""
    require_member(user)
    return Pipeline.objects.filter(archived_at=None).select_related("connection")


def visible_deployments(user: Visitor) -> QuerySet[Deployment]:
    require_member(user)
    rows = Deployment.objects.select_related(
        "pipeline__connection", "version", "requested_by", "decided_by"
    )
    return rows.defer(*DEFINITION)


def visible_runs(user: Visitor) -> QuerySet[Run]:
    require_member(user)
    rows = Run.objects.select_related("pipeline__connection", "trigger", "requested_by", "version")
    return rows.defer(*DEFINITION)


def visible_starts(user: Visitor) -> QuerySet[Start]:
    require_member(user)
    return Start.objects.select_related("trigger")


def visible_ghosts(user: Visitor) -> QuerySet[Ghost]:
    require_member(user)
    rows = Ghost.objects.filter(connection__removed_at=None)
    return rows.select_related("connection", "pipeline__connection", "trigger", "ignored_by")


def visible_maintenances(user: Visitor) -> QuerySet[Maintenance]:
    require_member(user)
    return Maintenance.objects.select_related("connection", "clock", "asked_by", "end_asked_by")


def visible_backfills(user: Visitor) -> QuerySet[Backfill]:
    require_member(user)
    return Backfill.objects.select_related("pipeline__connection", "asked_by")


def visible_people(user: Visitor) -> QuerySet[User]:
    require_admin(user)
    return User.objects.order_by("username")


# ── One row ─────────────────────────────────────────────────────────────────────────


def get_connection(user: Visitor, id: int) -> Connection:
    return get_object_or_404(visible_connections(user), pk=id)


def get_test(user: Visitor, connection: Connection, id: int) -> ConnectionTest:
    return get_object_or_404(visible_tests(user, connection), pk=id)


def named_connection(user: Visitor, named: int | str) -> Connection | None:
    """By its id or its name. Text is a name first: a name may be made of digits."""
    rows = visible_connections(user)
    found = rows.filter(name=named).first() if isinstance(named, str) else None
    if found is None and (id := _id(named)):
        found = rows.filter(pk=id).first()
    return found


def _id(named: int | str) -> int | None:
    if isinstance(named, str):
        named = int(named) if named.isdecimal() and len(named) < 20 else 0
    return named if 0 < named <= LARGEST_ID else None


def get_pipeline(user: Visitor, id: int) -> Pipeline:
    pipelines = visible_pipelines(user).select_related("current_version", "deployed_version")
    return get_object_or_404(pipelines, pk=id)


def get_managed(user: Visitor, id: int) -> Pipeline:
    """For pages that change something, which watched Pipelines have none of."""
    pipeline = get_pipeline(user, id)
    if not pipeline.managed:
        raise PermissionDenied(
            f"{pipeline.name} is watched, and not managed here: there is nothing to change."
        )
    return pipeline


def get_version(user: Visitor, pipeline: Pipeline, number: int) -> Version:
    require_member(user)
    return get_object_or_404(pipeline.versions, number=number)


def get_trigger(user: Visitor, pipeline: Pipeline, id: int) -> Trigger:
    require_member(user)
    return get_object_or_404(pipeline.triggers.filter(removed_at=None), pk=id)


def get_deployment(user: Visitor, id: int) -> Deployment:
    return get_object_or_404(visible_deployments(user), pk=id)


def get_run(user: Visitor, id: int) -> Run:
    return get_object_or_404(visible_runs(user), pk=id)


def get_start(user: Visitor, id: int) -> Start:
    return get_object_or_404(visible_starts(user).select_related("pipeline__connection"), pk=id)


def get_ghost(user: Visitor, id: int) -> Ghost:
    return get_object_or_404(visible_ghosts(user), pk=id)


def get_maintenance(user: Visitor, id: int) -> Maintenance:
    return get_object_or_404(visible_maintenances(user), pk=id)


def get_backfill(user: Visitor, id: int) -> Backfill:
    return get_object_or_404(visible_backfills(user), pk=id)


def get_person(user: Visitor, id: int) -> User:
    return get_object_or_404(visible_people(user), pk=id)

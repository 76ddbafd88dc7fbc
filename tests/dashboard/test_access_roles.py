from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from dashboard import access
from dashboard.models import Connection, Pipeline, User

NOBODY = AnonymousUser()


def asked_by(user: User | AnonymousUser, view: object) -> HttpResponse:
    request = RequestFactory().get("/connections?page=2")
    request.user = user
    return view(request)


@access.admin_required
def admins_only(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


@access.member_required
def members_only(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


def test_an_admin_may_do_all(admin: User) -> None:
    assert access.require_admin(admin) == access.require_member(admin) == admin
    assert asked_by(admin, admins_only).status_code == 200
    assert asked_by(admin, members_only).status_code == 200


def test_a_member_is_no_admin(member: User) -> None:
    assert access.require_member(member) == member
    assert asked_by(member, members_only).status_code == 200
    for refused in (access.require_admin, lambda user: asked_by(user, admins_only)):
        with pytest.raises(PermissionDenied):
            refused(member)


def test_a_deactivated_account_may_do_nothing(stranger: User) -> None:
    for refused in (
        access.require_member,
        access.require_admin,
        access.visible_pipelines,
        access.visible_connections,
        access.visible_deployments,
        access.visible_runs,
        lambda user: asked_by(user, members_only),
    ):
        with pytest.raises(PermissionDenied):
            refused(stranger)


def test_who_is_not_signed_in_is_sent_to_sign_in(settings: object) -> None:
    settings.LOGIN_URL = "/sign-in"
    for view in (admins_only, members_only):
        answer = asked_by(NOBODY, view)
        assert answer.status_code == 302
        assert answer["Location"] == "/sign-in?next=/connections%3Fpage%3D2"


def test_getters_find_or_raise_404(member: User, pipeline: Pipeline) -> None:
    assert access.get_pipeline(member, pipeline.pk) == pipeline
    trigger = pipeline.triggers.get()
    assert access.get_trigger(member, pipeline, trigger.pk) == trigger
    assert access.get_version(member, pipeline, 1) == pipeline.current_version
    for get in (access.get_pipeline, access.get_run, access.get_deployment, access.get_connection):
        with pytest.raises(Http404):
            get(member, 999)


def test_only_admins_see_people(admin: User, member: User) -> None:
    assert access.get_person(admin, member.pk) == member
    with pytest.raises(PermissionDenied):
        access.get_person(member, admin.pk)


def test_what_was_put_away_is_not_found(member: User, pipeline: Pipeline) -> None:
    Pipeline.objects.update(archived_at="2026-01-01T00:00Z")
    with pytest.raises(Http404):
        access.get_pipeline(member, pipeline.pk)
    Connection.objects.update(removed_at="2026-01-01T00:00Z")
    with pytest.raises(Http404):
        access.get_connection(member, pipeline.connection_id)

"""Every page and every action, asked by each of the cast."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from dashboard.models import (
    ApiToken,
    Backfill,
    Connection,
    Deployment,
    Ghost,
    Maintenance,
    Run,
    Start,
    Trigger,
    User,
)

MEMBERS_PAGES = [
    "/",
    "/pipelines",
    "/pipelines/{pipeline}",
    "/pipelines/{pipeline}/triggers/",
    "/pipelines/{pipeline}/deployments/",
    "/pipelines/{pipeline}/versions/",
    "/pipelines/{pipeline}/versions/{version}/roll-back",
    "/pipelines/{pipeline}/resources/",
    "/pipelines/{pipeline}/drift/",
    "/pipelines/{pipeline}/lifetime",
    "/pipelines/{pipeline}/try",
    "/pipelines/{pipeline}/event-log",
    "/pipelines/{pipeline}/instances",
    "/pipelines/{pipeline}/destroy",
    "/pipelines/{pipeline}/delete",
    "/pipelines/{pipeline}/adopt",
    "/pipelines/{pipeline}/take-out",
    "/pipelines/{pipeline}/let-go",
    "/pipelines/{pipeline}/run",
    "/pipelines/{pipeline}/ledger/",
    "/pipelines/{pipeline}/backfill",
    "/backfills/{backfill}",
    "/maintenance",
    "/maintenance/new",
    "/maintenance/{maintenance}",
    "/connections/{connection}/discover",
    "/pipelines/{pipeline}/unwatch",
    "/ghosts",
    "/ghosts/{ghost}/remove",
    "/triggers/preview",
    "/calendar",
    "/calendar/starts?since=2026-11-20T06:00Z&until=2026-11-20T07:00Z",
    "/runs",
    "/runs/{run}",
    "/runs/{run}/log",
    "/deployments",
    "/deployments/{deployment}",
    "/deployments/{deployment}/log.txt",
    "/deployments/{deployment}/lines",
    "/deployments/{deployment}/matches",
    "/sandbox",
    "/account",
]
ADMINS_PAGES = [
    "/connections",
    "/connections/new",
    "/connections/new/sandbox",
    "/connections/new/{cloud}/{method}",
    "/connections/new/{cloud}/{method}/set-up",
    "/connections/reach",
    "/connections/{connection}",
    "/connections/{connection}/edit",
    "/audit",
    "/audit.csv",
    "/people",
    "/system",
    "/people/invite",
]
MEMBERS_ACTIONS = [
    "/pipelines/{pipeline}/deploy",
    "/pipelines/{pipeline}/destroy",
    "/pipelines/{pipeline}/delete",
    "/pipelines/{pipeline}/adopt",
    "/pipelines/{pipeline}/take-out",
    "/pipelines/{pipeline}/let-go",
    "/pipelines/{pipeline}/run",
    "/pipelines/{pipeline}/sync",
    "/pipelines/{pipeline}/drift/check",
    "/pipelines/{pipeline}/drift/restore",
    "/pipelines/{pipeline}/drift/accept",
    "/pipelines/{pipeline}/drift/schedule",
    "/pipelines/{pipeline}/lifetime",
    "/pipelines/{pipeline}/lifetime/remove",
    "/pipelines/{pipeline}/objects",
    "/pipelines/{pipeline}/replay",
    "/pipelines/{pipeline}/instances/switch",
    "/pipelines/{pipeline}/events",
    "/pipelines/{pipeline}/triggers/verify",
    "/pipelines/{pipeline}/triggers/{trigger}/pause",
    "/pipelines/{pipeline}/triggers/{trigger}/resume",
    "/pipelines/{pipeline}/triggers/{trigger}/rotate",
    "/pipelines/{pipeline}/backfill",
    "/backfills/{backfill}/stop",
    "/maintenance/new",
    "/maintenance/{maintenance}/end",
    "/connections/{connection}/discover/look",
    "/connections/{connection}/discover/watch",
    "/pipelines/{pipeline}/unwatch",
    "/ghosts/{ghost}/fix",
    "/ghosts/{ghost}/ignore",
    "/ghosts/{ghost}/remove",
    "/starts/{start}/retry",
    "/runs/{run}/stop",
    "/runs/{run}/rerun",
    "/deployments/{deployment}/cancel",
    "/deployments/{deployment}/repair",
    "/deployments/{deployment}/approve",
    "/deployments/{deployment}/discard",
    "/deployments/{deployment}/retry",
    "/pipelines/{pipeline}/versions/{version}/roll-back",
    "/sandbox/clock",
    "/sandbox/speed",
    "/sandbox/objects",
    "/sandbox/events",
    "/sandbox/faults",
    "/sandbox/faults/f1/remove",
    "/account/zone",
    "/account/password",
    "/account/feed",
    "/account/feed/revoke",
    "/account/tokens",
    "/account/tokens/{token}/revoke",
]
ADMINS_ACTIONS = [
    "/connections/new/{cloud}/{method}",
    "/connections/new/{cloud}/{method}/on-sandbox",
    "/connections/new/sandbox",
    "/connections/{connection}/edit",
    "/connections/{connection}/rotate",
    "/connections/{connection}/undo",
    "/connections/{connection}/switch",
    "/connections/{connection}/test",
    "/connections/{connection}/delete",
    "/people/invite",
    "/people/{person}/role",
    "/people/{person}/link",
    "/people/{person}/deactivate",
    "/people/{person}/activate",
    "/system/engine/use",
    "/system/engine/look",
]


@pytest.fixture
def places(
    running: Deployment, run: Run, trigger: Trigger, connection: Connection, member: User
) -> dict[str, int | str]:
    token = ApiToken.objects.create(user=member, name="export", digest="0" * 64)
    now = timezone.now()
    ghost = Ghost.objects.create(
        connection=connection, kind="unowned", name="g", first_seen=now, last_seen=now
    )
    start = Start.objects.create(pipeline=trigger.pipeline, trigger=trigger, key="k", cause="c")
    held = Maintenance.objects.create(clock=connection, reason="Because", since=now)
    filled = Backfill.objects.create(pipeline_id=running.pipeline_id, per_minute=1, at_once=1)
    return {
        "pipeline": running.pipeline_id,
        "version": 1,
        "deployment": running.pk,
        "run": run.pk,
        "trigger": trigger.pk,
        "connection": connection.pk,
        "person": member.pk,
        "token": token.pk,
        "start": start.pk,
        "ghost": ghost.pk,
        "maintenance": held.pk,
        "backfill": filled.pk,
        "cloud": "aws",
        "method": "access_keys",
    }


@pytest.mark.parametrize("path", MEMBERS_PAGES + ADMINS_PAGES)
def test_an_admin_sees_every_page(
    path: str, as_admin: Client, places: dict[str, int | str]
) -> None:
    assert as_admin.get(path.format(**places)).status_code == 200


@pytest.mark.parametrize("path", MEMBERS_PAGES)
def test_a_member_sees_the_pages_of_work(
    path: str, as_member: Client, places: dict[str, int | str]
) -> None:
    assert as_member.get(path.format(**places)).status_code == 200


@pytest.mark.parametrize("path", ADMINS_PAGES)
def test_a_member_is_refused_the_pages_of_admins(
    path: str, as_member: Client, places: dict[str, int | str]
) -> None:
    answer = as_member.get(path.format(**places))
    assert answer.status_code == 403
    assert "Only an admin may do this" in answer.content.decode()


@pytest.mark.parametrize("path", ADMINS_ACTIONS)
def test_a_member_is_refused_the_actions_of_admins(
    path: str, as_member: Client, places: dict[str, int | str]
) -> None:
    assert as_member.post(path.format(**places)).status_code == 403


@pytest.mark.parametrize("path", MEMBERS_PAGES + ADMINS_PAGES)
def test_pages_lead_who_is_not_signed_in_to_sign_in(
    path: str, anonymous: Client, places: dict[str, int | str]
) -> None:
    answer = anonymous.get(path.format(**places))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("path", MEMBERS_ACTIONS + ADMINS_ACTIONS)
def test_actions_do_nothing_for_who_is_not_signed_in(
    path: str, anonymous: Client, places: dict[str, int | str]
) -> None:
    answer = anonymous.post(path.format(**places))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("path", MEMBERS_ACTIONS + ADMINS_ACTIONS)
def test_actions_need_the_token_of_a_form(
    path: str, admin: User, places: dict[str, int | str]
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    answer = browser.post(path.format(**places))
    assert answer.status_code == 403
    assert "This form has ended" in answer.content.decode()


def test_every_address_of_a_page_is_named_here() -> None:
    """A new page has to say who may see it."""
    named = {_shape(path) for path in MEMBERS_PAGES + ADMINS_PAGES}
    named |= {_shape(path) for path in MEMBERS_ACTIONS + ADMINS_ACTIONS}
    of_everybody = {"sign-in", "sign-out", "healthz", "preferences", "welcome/#/#/"}
    # test_deployment_events.py, test_hooks.py, test_calendar_feed.py, test_issuer.py
    elsewhere = {"deployments/#/events", "hooks/#", "calendar/feed/#"}
    elsewhere |= {".well-known/openid-configuration", ".well-known/jwks.json"}
    wizard = ("pipelines/new", "pipelines/#/edit", "schedule/preview", "definition/check")
    for pattern in get_resolver().url_patterns:
        shape = _shape(str(pattern.pattern))
        if shape.startswith(("api/", *wizard)) or shape in of_everybody | elsewhere:
            continue
        assert shape in named, f"/{shape} has no test of roles"


def _shape(path: str) -> str:
    parts = path.partition("?")[0].lstrip("/").replace("<", "{").replace(">", "}").split("/")
    return "/".join("#" if part.startswith("{") or part == "f1" else part for part in parts)

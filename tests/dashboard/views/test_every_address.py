"""Who may ask which address: an explicit table of all of them, and that it is true."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from dashboard.models import (
    ApiToken,
    Backfill,
    Connection,
    Deployment,
    Ghost,
    Maintenance,
    Run,
    Trigger,
    User,
)

SECRET = {"calendar-feed"}  # for programs that know it: tests/dashboard/views/test_calendar_feed.py
PUBLIC = {"issuer-configuration", "issuer-jwks"}  # for clouds: tests/dashboard/views/test_issuer.py
SIGNED = {"hook"}  # for programs that sign what they send: tests/dashboard/api/test_hooks.py
EVERYBODY = {"sign-in", "sign-out", "welcome", "healthz", "preferences"}
ADMINS = {
    "connections", "connection-choose", "connection-new", "connection-new-sandbox", "connection",
    "connection-edit", "connection-set-up", "connection-on-sandbox",
    "connection-reach", "connection-switch",
    "connection-test", "connection-delete",
    "connection-rotate", "connection-undo", "audit", "audit-csv",
    "people", "person-invite", "person-role", "person-link",
    "person-deactivate", "person-activate",
    "system", "engine-use", "engine-look",
}  # fmt: skip
MEMBERS = {
    "overview", "pipelines", "pipeline-new", "pipeline-draft-discard", "pipeline-new-step",
    "pipeline", "pipeline-edit", "pipeline-edit-step", "pipeline-triggers",
    "pipeline-ledger", "pipeline-deployments", "pipeline-versions", "pipeline-resources",
    "pipeline-deploy",
    "pipeline-destroy", "pipeline-delete", "pipeline-run", "pipeline-sync",
    "pipeline-adopt", "pipeline-take-out", "pipeline-let-go",
    "pipeline-try", "pipeline-object", "pipeline-event",
    "pipeline-event-log", "pipeline-replay", "pipeline-instances", "pipeline-instance-switch",
    "pipeline-drift", "pipeline-drift-check", "pipeline-drift-restore", "pipeline-drift-accept",
    "pipeline-drift-schedule", "pipeline-lifetime", "pipeline-lifetime-remove",
    "run-log",
    "triggers-verify", "trigger-pause", "trigger-resume", "trigger-rotate",
    "start-retry", "schedule-preview", "trigger-preview", "definition-check",
    "calendar", "calendar-starts",
    "runs", "run", "run-stop", "run-rerun",
    "deployments", "deployment", "deployment-log", "deployment-lines", "deployment-matches",
    "deployment-cancel", "deployment-repair",
    "deployment-approve", "deployment-discard",
    "deployment-retry", "pipeline-roll-back",
    "pipeline-backfill", "backfill", "backfill-stop",
    "maintenances", "maintenance-new", "maintenance", "maintenance-end",
    "connection-discover", "connection-look", "connection-watch", "pipeline-unwatch",
    "ghosts", "ghost-fix", "ghost-ignore", "ghost-remove",
    "sandbox", "sandbox-clock", "sandbox-speed", "sandbox-objects", "sandbox-events",
    "sandbox-faults", "sandbox-fault-remove",
    "account", "account-zone", "account-password", "token-create", "token-revoke",
    "feed-create", "feed-revoke",
}  # fmt: skip
STREAMS = {"deployment-events"}  # nothing for people to look at: refused without a way to sign in
WORDS = {
    "fault": "f1", "draft": "0" * 32, "step": "settings", "uidb64": "MQ", "token": "x-1",
    "public_id": "none", "secret": "none", "cloud": "aws", "method": "access_keys",
}  # fmt: skip


def patterns() -> Iterator[URLPattern]:
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLPattern):  # the API has a table of its own
            yield pattern


@pytest.fixture
def address(
    running: Deployment, run: Run, trigger: Trigger, connection: Connection, member: User
) -> dict[str, str]:
    """Each name's address, with the ids of rows that there are."""
    now = timezone.now()
    seen = {"first_seen": now, "last_seen": now}
    ghost = Ghost.objects.create(connection=connection, kind="unowned", name="g", **seen)
    held = Maintenance.objects.create(clock=connection, reason="Because", since=now)
    filled = Backfill.objects.create(pipeline_id=running.pipeline_id, per_minute=1, at_once=1)
    ids = {
        "pipeline": running.pipeline_id, "trigger": running.pipeline_id,
        "triggers": running.pipeline_id, "run": run.pk,
        "deployment": running.pk, "connection": connection.pk, "person": member.pk,
        "ghost": ghost.pk, "maintenance": held.pk, "backfill": filled.pk,
        "token": ApiToken.objects.create(user=member, digest="0" * 64).pk,
    }  # fmt: skip
    found = {}
    for pattern in patterns():
        names = pattern.pattern.converters
        id = ids.get(str(pattern.name).partition("-")[0], 1)
        known = {"id": id, "trigger_id": trigger.pk, "number": 1}
        values = {name: (WORDS | known)[name] for name in names}
        found[str(pattern.name)] = reverse(str(pattern.name), kwargs=values)
    return found


def test_every_address_says_whom_it_is_for() -> None:
    named = [str(pattern.name) for pattern in patterns()]
    programs = SIGNED | SECRET | PUBLIC
    assert sorted(named) == sorted(EVERYBODY | ADMINS | MEMBERS | STREAMS | programs)


@pytest.mark.parametrize("name", sorted(ADMINS | MEMBERS | STREAMS))
def test_nobody_gets_anything_without_signing_in(
    name: str, address: dict[str, str], anonymous: Client
) -> None:
    for answer in (anonymous.get(address[name]), anonymous.post(address[name])):
        if name in STREAMS:
            assert answer.status_code in (403, 405)
        else:
            assert answer.status_code == 302
            assert answer["Location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("name", sorted(ADMINS))
def test_members_get_nothing_of_admins(
    name: str, address: dict[str, str], as_member: Client
) -> None:
    assert as_member.get(address[name]).status_code == 403
    assert as_member.post(address[name]).status_code == 403


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_members_are_refused_nothing_else(
    name: str, address: dict[str, str], as_member: Client
) -> None:
    assert as_member.get(address[name]).status_code != 403


@pytest.mark.parametrize("name", sorted(EVERYBODY | ADMINS | MEMBERS | STREAMS))
def test_nothing_is_posted_without_the_token_of_a_form(
    name: str, address: dict[str, str], admin: User
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    for method in (browser.post, browser.put, browser.patch, browser.delete):
        assert method(address[name]).status_code in (403, 405)


@pytest.mark.parametrize("name", sorted(EVERYBODY | ADMINS | MEMBERS | SIGNED | PUBLIC))
def test_no_answer_may_be_framed_or_run_foreign_scripts(
    name: str, address: dict[str, str], as_admin: Client
) -> None:
    answer = as_admin.get(address[name])
    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and "object-src 'none'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts and "*" not in scripts
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("name", sorted(ADMINS | MEMBERS))
def test_pages_of_a_person_are_not_kept_by_caches(
    name: str, address: dict[str, str], as_admin: Client
) -> None:
    """What a signed-in person saw must not come back by the browser's button after signing out."""
    assert "no-store" in as_admin.get(address[name]).get("Cache-Control", "")

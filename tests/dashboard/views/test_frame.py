"""What every page has: navigation, zone, sandbox bar, policy, error pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from dashboard.models import Connection, Pipeline, User
from dashboard.services import sandbox
from dashboard.views import errors
from provisioning.clouds.sandbox_clock import Reading
from provisioning.errors import CloudAway
from tests.dashboard.views.conftest import NOW


def text_of(browser: Client, path: str) -> str:
    return browser.get(path).content.decode()


def test_navigation_shows_admins_pages_to_admins_only(as_admin: Client, as_member: Client) -> None:
    assert ">Connections</a>" in text_of(as_admin, "/") and ">People</a>" in text_of(as_admin, "/")
    assert ">People</a>" not in text_of(as_member, "/runs")


def test_the_present_page_is_marked(as_member: Client) -> None:
    assert '<a href="/runs" aria-current="page">Runs</a>' in text_of(as_member, "/runs")


def test_pages_forbid_scripts_of_others(as_member: Client) -> None:
    policy = as_member.get("/")["Content-Security-Policy"]
    scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
    assert "'self'" in scripts and "unsafe" not in scripts
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/", "/pipelines/{id}/triggers/", "/runs", "/account"])
def test_no_page_needs_an_inline_script(path: str, as_admin: Client, deployed: Pipeline) -> None:
    text = text_of(as_admin, path.format(id=deployed.pk))
    assert "<script>" not in text and " onclick=" not in text


def test_the_zone_of_times_is_kept_in_a_cookie(as_member: Client, member: User) -> None:
    User.objects.filter(pk=member.pk).update(timezone="Asia/Kolkata")
    assert "data-zone-label>Asia/Kolkata<" in text_of(as_member, "/")
    answer = as_member.post("/preferences", {"zone": "utc", "next": "/runs"})
    assert (answer.status_code, answer["Location"]) == (303, "/runs")
    assert "data-zone-label>UTC<" in text_of(as_member, "/")
    as_member.post("/preferences", {"zone": "moon"})
    assert "data-zone-label>UTC<" in text_of(as_member, "/")


# ── The sandbox's clock ─────────────────────────────────────────────────────────────


def test_the_sandboxs_time_is_shown_without_asking(as_member: Client, deployed: Pipeline) -> None:
    Connection.objects.update(clock_ahead=timedelta(days=2))
    text = text_of(as_member, "/pipelines")
    assert "2 d ahead" in text and "+2 h" in text


def test_the_sandboxs_clock_is_advanced(
    as_member: Client, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def advance(*, actor: User, delta: timedelta) -> Reading:
        asked.append((actor, delta))
        return Reading(now=NOW, speed=1.0)

    monkeypatch.setattr(sandbox, "advance", advance)
    answer = as_member.post("/sandbox/clock", {"advance": "PT2H", "next": "/runs"})
    assert (answer.status_code, answer["Location"]) == (303, "/runs")
    assert asked == [(member, timedelta(hours=2))]
    assert "What was due has happened" in text_of(as_member, "/runs")


@pytest.mark.parametrize("step", ["", "PT0S", "-PT2H", "P9999D"])
def test_the_clock_is_advanced_by_the_offered_steps_only(step: str, as_member: Client) -> None:
    text = as_member.post("/sandbox/clock", {"advance": step}, follow=True).content.decode()
    assert "+15 min, +2 h, +1 day" in text


def test_a_sandbox_that_is_away_is_told(as_member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: Any) -> datetime:
        raise CloudAway("The sandbox does not answer.")

    monkeypatch.setattr(sandbox, "advance", away)
    text = as_member.post("/sandbox/clock", {"advance": "PT2H"}, follow=True).content.decode()
    assert "The sandbox does not answer." in text


# ── Errors and health ───────────────────────────────────────────────────────────────


def test_an_address_of_nothing_is_told(as_member: Client, anonymous: Client) -> None:
    for browser in (as_member, anonymous):
        answer = browser.get("/nothing")
        assert answer.status_code == 404
        assert "There is nothing at this address" in answer.content.decode()


def test_the_page_of_a_fault_needs_no_database() -> None:
    answer = errors.broken(HttpRequest())
    assert answer.status_code == 500
    assert b"This page failed" in answer.content


def test_the_page_of_a_refusal_gives_the_reason(anonymous: Client) -> None:
    request = RequestFactory().get("/")
    answer = errors.forbidden(request, PermissionError("Only an admin may do this."))
    assert answer.status_code == 403 and b"Only an admin may do this." in answer.content


def test_health_is_told_to_everybody(anonymous: Client) -> None:
    answer = anonymous.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

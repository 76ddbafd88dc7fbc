"""Who gets in, and what the wrong people are told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dashboard.models import ApiToken, Connection, User
from dashboard.services import people
from tests.dashboard.api.conftest import Caller
from tests.dashboard.api.documented import operations

EVERY = [(method.upper(), path) for method, path, _ in operations()]
every_operation = pytest.mark.parametrize(("method", "path"), EVERY, ids=" ".join)
ADMINS_ONLY = {
    ("POST", "/connections"),
    ("GET", "/connections/setup?cloud=aws&method=role"),
    ("PATCH", "/connections/{id}"),
    ("DELETE", "/connections/{id}"),
    ("POST", "/connections/{id}/test"),
    ("POST", "/connections/{id}/undo"),
    ("POST", "/connections/{id}/disable"),
    ("POST", "/connections/{id}/enable"),
    ("GET", "/audit"),
    ("GET", "/connections/{id}/tests"),
    ("GET", "/connections/{id}/tests/{test_id}"),
    ("GET", "/engine"),
    ("POST", "/engine/use"),
    ("POST", "/engine/look"),
}


def at(path: str, number: int | str = 1) -> str:
    return re.sub(r"\{[^}]+\}", str(number), path)


@every_operation
def test_nobody_gets_in_without_a_token(
    method: str, path: str, db: None, call_as: Callable[[None], Caller]
) -> None:
    answer = call_as(None)(method, at(path), {})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("token", ["", "sky_wrong", "\x00", "é", "a b", "x" * 10_000])
def test_a_wrong_token_lets_nobody_in(token: str, db: None) -> None:
    assert Caller(token, Client())("GET", "/pipelines").status_code == 401


def test_other_schemes_and_cookies_let_nobody_in(
    member: User, sign_in: Callable[[User], Client]
) -> None:
    token = people.create_token(member, "tests")
    browser = sign_in(member)
    assert browser.get("/api/v1/pipelines").status_code == 401
    basic = {"Authorization": f"Basic {token}"}
    assert browser.get("/api/v1/pipelines", headers=basic).status_code == 401
    bearer = {"Authorization": f"bearer {token}"}
    assert Client().get("/api/v1/pipelines", headers=bearer).status_code == 200


@every_operation
def test_a_deactivated_person_does_not_get_in(
    method: str, path: str, member: User, admin: User, call_as: Callable[[User], Caller]
) -> None:
    api = call_as(member)
    people.deactivate(actor=admin, user=member)
    assert api(method, at(path), {}).status_code == 401


def test_a_token_that_was_left_over_opens_nothing(member: User, api: Caller) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert ApiToken.objects.filter(user=member).exists()
    assert api("GET", "/pipelines").status_code == 401


def test_a_revoked_token_opens_nothing(member: User, api: Caller) -> None:
    people.revoke_token(actor=member, token=ApiToken.objects.get(user=member))
    assert api("GET", "/pipelines").status_code == 401


@pytest.mark.parametrize(("method", "path"), sorted(ADMINS_ONLY), ids=" ".join)
def test_members_have_nothing_to_do_with_connections_and_the_engine(
    method: str, path: str, api: Caller, connection: Connection
) -> None:
    body = {"name": "Mine", "cloud": "aws", "sandbox": True} if method == "POST" else {"name": "M"}
    body = {"version": "3.300.0"} if "engine" in path else body
    answer = api(method, at(path, connection.pk), body)
    assert answer.status_code == 403
    assert answer.json()["detail"] == "Only an admin may do this."
    assert list(Connection.objects.values_list("name", flat=True)) == ["Sandbox AWS"]


@pytest.mark.parametrize(
    ("method", "path"), [each for each in EVERY if each not in ADMINS_ONLY], ids=" ".join
)
def test_members_do_all_the_rest(method: str, path: str, api: Caller) -> None:
    """They may: what they get is about the thing, not about them."""
    assert api(method, at(path), {}).status_code not in (401, 403)


def test_a_member_who_becomes_admin_may_at_once(
    member: User, admin: User, api: Caller, connection: Connection
) -> None:
    people.change_role(actor=admin, user=member, role="admin")
    api.patch(f"/connections/{connection.pk}", {"name": "Renamed"})
    people.change_role(actor=admin, user=member, role="member")
    api.patch(f"/connections/{connection.pk}", {"name": "Again"}, expect=403)


# What the sandbox keeps has no row: the sandbox itself says what it does not know.
with_ids = pytest.mark.parametrize(
    ("method", "path"),
    [each for each in EVERY if "{id}" in each[1] and "/sandbox/" not in each[1]],
    ids=" ".join,
)
BODIES: dict[str, Any] = {
    "/ghosts/{id}/fix": {"action": "resume"},
    "/pipelines/{id}/adopt": {"resources": []},
    "/pipelines/{id}/take_out": {"passphrase": "a passphrase of my own"},
    "/pipelines/{id}/let_go": {"name": "Churn"},
    "/pipelines/{id}/drift": {"every_hours": 12},
    "/pipelines/{id}/lifetime": {"ends_at": "2026-12-01T17:00:00Z", "confirm": "Churn"},
    "/pipelines/{id}/deployments": {"operation": "preview"},
    "/pipelines/{id}/replays": {
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-01-02T00:00:00Z",
    },
}


@with_ids
def test_an_unknown_id_is_not_found(method: str, path: str, admin_api: Caller) -> None:
    largest = 2**63 - 1
    for number in ("999", "0", largest, largest + 1, "9" * 40, "9" * 5000, "-1", "1.0", "one",
                   "1e3", "%00", "٣"):  # fmt: skip
        answer = admin_api(method, at(path, str(number)), BODIES.get(path, {}))
        assert answer.status_code == 404, number
        assert answer.json()["title"] == "Not found"


@pytest.mark.parametrize("path", ["/", "/nothing", "/connections/", "/pipelines/1/nothing", "//"])
def test_an_address_that_there_is_not_says_so_as_a_problem(path: str, db: None) -> None:
    for browser in (Client(), Client(enforce_csrf_checks=True)):
        for method in ("GET", "POST"):
            answer = Caller(None, browser)(method, path, {})
            assert answer.status_code == 404
            assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/blueprints", {"GET"}),
        ("/connections", {"GET", "POST"}),
        ("/pipelines/1", {"GET", "PATCH", "DELETE"}),
        ("/runs/1/stop", {"POST"}),
        ("/openapi.json", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_says_which_ones_there_are(path: str, allowed: set[str], db: None) -> None:
    for method in ("PUT", "OPTIONS", "PURGE"):
        answer = Caller(None, Client(enforce_csrf_checks=True))(method, path, {})
        assert answer.status_code == 405
        assert answer["Content-Type"] == "application/problem+json"
        assert {each.strip() for each in answer["Allow"].split(",")} == allowed


def test_a_foreign_page_cannot_be_a_reason_to_refuse_a_token(member: User) -> None:
    """Browsers' checks are for cookies; a token is no cookie."""
    strict = Caller(people.create_token(member, "tests"), Client(enforce_csrf_checks=True))
    assert strict("POST", "/pipelines", {}).status_code == 422

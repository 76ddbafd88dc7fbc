"""Our own mistakes: in the log with all there is, in the answer without."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard.models import User
from dashboard.services import people
from provisioning.blueprints import registry
from provisioning.errors import CredentialUnreadable, EngineMissing, SkyclockError
from tests.dashboard.api.conftest import Caller

SECRET = "what is nobody's business"


@pytest.fixture
def api(member: User) -> Caller:
    """A browser that gets the answer, not the test's traceback."""
    return Caller(people.create_token(member, "tests"), Client(raise_request_exception=False))


def fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def every() -> None:
        raise error

    monkeypatch.setattr(registry, "every", every)


def test_a_fault_is_a_problem_body_that_gives_nothing_away(
    api: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fails(monkeypatch, RuntimeError(SECRET))
    answer = api("GET", "/blueprints")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Internal error"
    assert SECRET not in answer.content.decode()
    assert SECRET in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CredentialUnreadable("Put the key back."), 409),
        (EngineMissing("It is being built."), 503),
        (SkyclockError("Something else."), 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_known_of_an_error_is_told(
    error: Exception, status: int, monkeypatch: pytest.MonkeyPatch, member: User
) -> None:
    fails(monkeypatch, error)
    headers = {"Authorization": f"Bearer {people.create_token(member, 'tests')}"}
    answer = Client().get("/api/v1/blueprints", headers=headers)
    assert answer.status_code == status
    assert answer.json()["detail"] == str(error)

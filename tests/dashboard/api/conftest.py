"""The API as programs call it, each answer held against the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.test import Client

from dashboard.models import Deployment, Pipeline, Run, User
from dashboard.services import people
from provisioning import clouds
from tests.dashboard.api import documented
from tests.provisioning.blueprints.answering import AnsweringSession

NOTHING = object()
START = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Caller:
    """Somebody with a token, or with none."""

    token: str | None
    browser: Client

    def __call__(
        self, method: str, path: str, body: Any = NOTHING, *, raw: bytes | None = None
    ) -> Any:
        content = raw if raw is not None else b"" if body is NOTHING else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        answer = self.browser.generic(
            method, f"/api/v1{path}", content, content_type="application/json", headers=headers
        )
        documented.check(method, path, answer)
        return answer

    def get(self, path: str, expect: int = 200) -> Any:
        return self._expect(self("GET", path), expect)

    def post(self, path: str, body: Any = NOTHING, expect: int = 200) -> Any:
        return self._expect(self("POST", path, body), expect)

    def patch(self, path: str, body: Any, expect: int = 200) -> Any:
        return self._expect(self("PATCH", path, body), expect)

    def put(self, path: str, body: Any, expect: int = 200) -> Any:
        return self._expect(self("PUT", path, body), expect)

    def delete(self, path: str, expect: int = 204) -> Any:
        return self._expect(self("DELETE", path), expect)

    def _expect(self, answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.content.decode()
        return answer.json() if answer.content else None


@pytest.fixture
def call_as() -> Callable[[User | None], Caller]:
    def caller(user: User | None) -> Caller:
        return Caller(people.create_token(user, "tests") if user else None, Client())

    return caller


@pytest.fixture
def api(member: User, call_as: Callable[[User], Caller]) -> Caller:
    """A member's."""
    return call_as(member)


@pytest.fixture
def admin_api(admin: User, call_as: Callable[[User], Caller]) -> Caller:
    return call_as(admin)


def fields(body: dict[str, Any]) -> dict[str, str]:
    """Field → message of a problem body."""
    return {each["field"]: each["message"] for each in body["problems"]}


@pytest.fixture
def new_run() -> Callable[..., Run]:
    """A run as history has pulled it."""
    numbers = count(1)

    def saved(pipeline: Pipeline, status: str = "succeeded", **more: Any) -> Run:
        started = START + timedelta(hours=next(numbers))
        usual = {
            "cloud_id": f"arn:aws:sagemaker:eu-west-1:111122223333:run/{pipeline.pk}/{started}",
            "cloud_status": status.title(),
            "started": started,
            "finished": started + timedelta(minutes=5),
        }
        return Run.objects.create(pipeline=pipeline, status=status, **{**usual, **more})

    return saved


@pytest.fixture
def run(pipeline: Pipeline, new_run: Callable[..., Run]) -> Run:
    return new_run(pipeline)


@pytest.fixture
def deployment(pipeline: Pipeline, new_deployment: Callable[..., Deployment]) -> Deployment:
    return new_deployment(pipeline)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> AnsweringSession:
    """Every session is this one, whose AWS answers what a test has recorded."""
    session = AnsweringSession()
    monkeypatch.setattr(clouds, "open_session", lambda access: session)
    return session

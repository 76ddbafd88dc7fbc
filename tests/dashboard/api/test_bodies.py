"""What bodies and queries may hold, and what is said of those that hold something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import Settings

from dashboard.models import Connection, Pipeline
from tests.dashboard.api.conftest import Caller, fields
from tests.dashboard.api.documented import operations

WITH_BODIES = [
    (method.upper(), path) for method, path, each in operations() if "requestBody" in each
]
every_body = pytest.mark.parametrize(("method", "path"), WITH_BODIES, ids=" ".join)


@pytest.fixture
def at(connection: Connection, pipeline: Pipeline, run: Any) -> Any:
    """Addresses of things that are there."""
    ids = {"connections": connection.pk, "pipelines": pipeline.pk, "runs": run.pk}
    trigger = str(pipeline.triggers.get().pk)

    def known(path: str) -> str:
        id = str(ids.get(path.split("/")[1], 0))
        return path.replace("{id}", id).replace("{trigger_id}", trigger).replace("{number}", "1")

    return known


@every_body
@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "line 1, column 2"),
        (b'{"a": 1,\n "b": }', "line 2, column 7"),
        (b"name=x&cloud=aws", "not JSON"),
        (b"\xff\xfe\xff", "not JSON"),
        (b'{"a": "\xff"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
    ids=["cut", "wrong", "form", "utf-16", "latin-1", "deep", "long number"],
)
def test_what_is_not_json_is_told_so(
    method: str, path: str, raw: bytes, words: str, admin_api: Caller, at: Any
) -> None:
    answer = admin_api(method, at(path), raw=raw)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


@every_body
def test_a_body_is_an_object(method: str, path: str, admin_api: Caller, at: Any) -> None:
    for body in ([], "text", 7, True):
        answer = admin_api(method, at(path), body)
        assert answer.status_code == 422
        assert fields(answer.json()) == {"": "This has to be an object."}


@every_body
def test_unknown_fields_are_named(method: str, path: str, admin_api: Caller, at: Any) -> None:
    answer = admin_api(method, at(path), {"nmae": "x", "pk": 7})
    assert answer.status_code == 422
    found = fields(answer.json())
    assert found["nmae"] == found["pk"] == "There is no such field."


# All that a body says has a default.
WITHOUT = ("runs", "rerun", "rotate", "ignore", "preview", "approve", "discard", "cancel", "retry",
           "roll_back", "restore", "accept")  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path"),
    [each for each in WITH_BODIES if each[1].rpartition("/")[2] not in WITHOUT],
    ids=" ".join,
)
def test_a_body_that_is_not_there_is_asked_for(
    method: str, path: str, admin_api: Caller, at: Any
) -> None:
    answer = admin_api(method, at(path))
    assert answer.status_code == 422
    assert fields(answer.json()) == {"": "Send a JSON object as body."}


def test_a_body_that_is_too_big_is_refused(api: Caller, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = api("POST", "/pipelines", {"note": "x" * 1000})
    assert answer.status_code == 413


UNSTORABLE = [
    ("name", {"name": "a\x00b"}),
    ("name", {"name": "half of a pair \ud800"}),
    ("settings.steps.0.image", {"settings": {"steps": [{"image": "\x00"}]}}),
    ("settings", {"settings": {"\x00": 1}}),
    ("settings.rate", {"settings": {"rate": float("nan")}}),
    ("settings.rate", {"settings": {"rate": float("-inf")}}),
    ("triggers.0.timezone", {"triggers": [{"kind": "schedule", "cron": "x", "timezone": "\x00"}]}),
    ("note", {"note": "\x00"}),
]


@pytest.mark.parametrize(("field", "body"), UNSTORABLE, ids=[each[0] for each in UNSTORABLE])
def test_what_databases_cannot_keep_is_named(
    field: str, body: dict[str, Any], api: Caller, pipeline: Pipeline
) -> None:
    for method, path in (("POST", "/pipelines"), ("PATCH", f"/pipelines/{pipeline.pk}")):
        answer = api(method, path, body)
        assert answer.status_code == 422
        assert list(fields(answer.json())) == [field]


def test_a_number_beyond_all_numbers_is_named(api: Caller) -> None:
    answer = api("POST", "/pipelines", raw=b'{"settings": {"rate": 1e999}}')
    assert list(fields(answer.json())) == ["settings.rate"]


def test_what_cannot_be_kept_is_named_wherever_it_stands(
    admin_api: Caller, connection: Connection, pipeline: Pipeline
) -> None:
    body = {"name": "x", "cloud": "aws", "credential": {"secret_access_key": "\x00" * 40}}
    answer = admin_api("POST", "/connections", body)
    assert list(fields(answer.json())) == ["credential.secret_access_key"]
    answer = admin_api("POST", f"/pipelines/{pipeline.pk}/runs", {"parameters": {"a": "\x00"}})
    assert list(fields(answer.json())) == ["parameters.a"]


def test_a_body_may_be_nested_deeper_than_python_calls(api: Caller) -> None:
    depth = 900
    body = json.dumps({"settings": "§"}).replace('"\\u00a7"', "[" * depth + "]" * depth)
    # How deep a parser goes hangs on who called it: it gives up, or says what is wrong.
    assert api("POST", "/pipelines", raw=body.encode()).status_code in (400, 422)


BAD_VALUES: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "/connections", {"name": "x", "cloud": "aws", "sandbox": 1}, "sandbox"),
    ("POST", "/connections", {"name": "x", "cloud": "aws", "sandbox": "yes"}, "sandbox"),
    ("POST", "/connections", {"name": 5, "cloud": "aws", "sandbox": True}, "name"),
    ("POST", "/connections", {"name": "x", "cloud": "ibm", "sandbox": True}, "cloud"),
    ("POST", "/connections", {"name": "x", "cloud": "aws", "level": "all"}, "level"),
    ("PATCH", "/connections/{id}", {"enabled": "false"}, "enabled"),
    ("PATCH", "/connections/{id}", {"level": "none"}, "level"),
    ("POST", "/pipelines/{id}/deployments", {"operation": "apply"}, "operation"),
    ("POST", "/pipelines/{id}/deployments", {"operation": "up", "plan": True}, "plan"),
    ("POST", "/pipelines/{id}/deployments", {"operation": "up", "plan": "7"}, "plan"),
    ("POST", "/pipelines/{id}/deployments", {"operation": "up", "plan": 0}, "plan"),
    ("POST", "/pipelines/{id}/deployments", {"operation": "up", "plan": 2**63}, "plan"),
    ("POST", "/pipelines/{id}/runs", {"parameters": []}, "parameters"),
    ("POST", "/pipelines/{id}/runs", {"parameters": {"a": None}}, "parameters.a"),
    ("POST", "/pipelines/{id}/runs", {"parameters": {"a": [1]}}, "parameters.a"),
    ("POST", "/runs/{id}/rerun", {"from_failure": "true"}, "from_failure"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), BAD_VALUES)
def test_values_of_another_type_are_not_guessed_at(
    method: str, path: str, body: dict[str, Any], field: str, admin_api: Caller, at: Any
) -> None:
    answer = admin_api(method, at(path), body)
    assert answer.status_code == 422
    assert field in fields(answer.json())


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/runs?pipeline=one", "pipeline"),
        ("/runs?pipeline=0", "pipeline"),
        (f"/runs?pipeline={2**63}", "pipeline"),
        ("/runs?pipeline=" + "9" * 5000, "pipeline"),
        ("/runs?status=good", "status"),
        ("/runs?limit=0", "limit"),
        ("/runs?limit=201", "limit"),
        ("/runs?limit=ten", "limit"),
        ("/runs?since=yesterday", "since"),
        ("/runs?since=2026-01-31T08:00:00", "since"),
        ("/runs?since=2026-01-31", "since"),
        ("/runs?since=1769846400", "since"),
        ("/runs?until=2026-13-01T00:00:00Z", "until"),
        ("/runs?until=0001-01-01T00:00:00%2B14:00", "until"),
        ("/runs?until=9999-12-31T23:59:59-14:00", "until"),
        ("/runs?since=%00", "since"),
        ("/deployments?pipeline=-1", "pipeline"),
        ("/deployments?status=done", "status"),
        ("/deployments?cursor=x", "cursor"),
        ("/deployments?limit=1000", "limit"),
        ("/deployments/{id}/log?after=-1", "after"),
        (f"/deployments/{{id}}/log?after={2**63}", "after"),
        ("/deployments/{id}/log?limit=0", "limit"),
        ("/deployments/{id}/log?limit=5001", "limit"),
    ],
)
def test_wrong_questions_are_named(path: str, field: str, api: Caller, deployment: Any) -> None:
    answer = api("GET", path.replace("{id}", str(deployment.pk)))
    assert answer.status_code == 422
    assert list(fields(answer.json())) == [field]


def test_a_moment_says_how_it_is_written(api: Caller) -> None:
    answer = api("GET", "/runs?since=2026-01-31T08:00:00&until=now")
    sentence = "Write a date and time with its zone, such as 2026-01-31T08:00:00Z."
    assert fields(answer.json()) == {"since": sentence, "until": sentence}


def test_filters_that_nobody_set_filter_nothing(api: Caller, run: Any) -> None:
    page = api.get("/runs?pipeline=&status=&since=&until=&cursor=&limit=")
    assert [each["id"] for each in page["items"]] == [run.pk]

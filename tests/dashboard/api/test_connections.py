"""Connections: what is told of them, who may write, and what is never told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.models import AuditEntry, Connection, ConnectionTest, Deployment, Pipeline, Run
from dashboard.services.opening import access_for
from provisioning import clouds
from provisioning.contracts import Access
from provisioning.errors import CloudAway, PermissionDenied
from tests.dashboard.api.conftest import Caller, fields
from tests.dashboard.api.documented import operations

KEY = {
    "access_key_id": "AKIACANARY0000000001",
    "secret_access_key": "canary/secret/canary/secret/canary/secret",
    "region": "eu-central-1",
}
CANARIES = (KEY["access_key_id"], KEY["secret_access_key"], "canary")
REAL = {"name": "Real", "cloud": "aws", "method": "access_keys", "level": "run", "credential": KEY}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stands in for STS: whose credential it is, or what it raises."""
    says: dict[str, Any] = {"account": "444455556666"}

    def check_identity(access: Access) -> str:
        if error := says.get("error"):
            raise error
        return str(says["account"])

    monkeypatch.setattr(clouds, "check_identity", check_identity)
    return says


def test_the_list_tells_what_a_connection_is(api: Caller, connection: Connection) -> None:
    (row,) = api.get("/connections")
    assert {
        "id": connection.pk, "name": "Sandbox AWS", "cloud": "aws", "level": "deploy",
        "sandbox": True, "enabled": True,
    }.items() <= row.items()  # fmt: skip
    assert api.get(f"/connections/{connection.pk}") == row


def test_a_sandbox_connection_needs_a_name_and_a_cloud(admin_api: Caller) -> None:
    body = {"name": "Second", "cloud": "aws", "sandbox": True}
    made = admin_api.post("/connections", body, expect=201)
    assert (made["sandbox"], made["level"], made["enabled"]) == (True, "deploy", True)
    looking = admin_api.post("/connections", {**body, "name": "Third", "level": "observe"}, 201)
    assert looking["level"] == "observe"


def test_a_real_connection_is_saved_with_the_account_that_the_cloud_tells(
    admin_api: Caller, cloud: dict[str, Any]
) -> None:
    made = admin_api.post("/connections", REAL, expect=201)
    assert (made["account"], made["region"]) == ("444455556666", "eu-central-1")
    assert (made["level"], made["sandbox"], made["method"]) == ("run", False, "access_keys")


def test_no_answer_and_no_row_holds_anything_of_a_credential(
    admin_api: Caller, cloud: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    made = admin_api("POST", "/connections", REAL)
    path = f"/connections/{made.json()['id']}"
    wrong = {**REAL, "credential": {**KEY, "secret_access_key": "canary canary", "x": "canary"}}
    cloud_says = PermissionDenied("AWS does not know this access key.", code="InvalidClientTokenId")
    answers = [
        made,
        admin_api("GET", path),
        admin_api("GET", "/connections"),
        admin_api("PATCH", path, {"name": "Renamed", "credential": KEY}),
        admin_api("PATCH", path, {"credential": {**KEY, "access_key_id": "canary"}}),
        admin_api("POST", "/connections", wrong),
        admin_api("POST", "/connections", {**REAL, "credential": [KEY]}),
        admin_api("POST", "/connections", {**REAL, "method": KEY, "name": "b"}),
        admin_api("POST", "/connections", {**REAL, "name": "c", "sandbox": True}),
    ]
    cloud["error"] = cloud_says
    answers.append(admin_api("POST", "/connections", {**REAL, "name": "Refused"}))
    statuses = [each.status_code for each in answers]
    assert statuses == [201, 200, 200, 200, 422, 422, 422, 422, 201, 422]
    told = "".join(each.content.decode() for each in answers)
    kept = json.dumps(list(AuditEntry.objects.values("subject_name", "detail")))
    sealed = "".join(Connection.objects.values_list("sealed", flat=True))
    for canary in CANARIES:
        assert canary not in told + kept + sealed + caplog.text


def test_nothing_that_can_be_read_holds_what_is_sealed(
    admin_api: Caller, deployed: Pipeline, run: Run, deployment: Deployment
) -> None:
    Connection.objects.update(sealed="canary")
    ids = {"connections": deployment.pipeline.connection_id, "pipelines": deployed.pk,
           "deployments": deployment.pk, "runs": run.pk}  # fmt: skip
    for method, path, _ in operations():
        if method == "get" and path != "/sandbox/clock":
            number = ids.get(path.split("/")[1], 0)
            answer = admin_api("GET", path.replace("{id}", str(number)).replace("{name}", "train"))
            # What asks the cloud cannot open it; there are no step and no sandbox; some want to
            # be told a time.
            assert answer.status_code in (200, 404, 409, 422, 503)
            assert "canary" not in answer.content.decode()


def test_wrong_fields_of_a_credential_are_named_and_nothing_is_made(
    admin_api: Caller, cloud: dict[str, Any]
) -> None:
    credential = {"access_key_id": "AKIA", "region": "eu-middle-1", "token": "x"}
    refused = admin_api.post("/connections", {**REAL, "credential": credential}, expect=422)
    assert set(fields(refused)) == {
        "credential.access_key_id", "credential.secret_access_key", "credential.region",
        "credential.token",
    }  # fmt: skip
    refused = admin_api.post("/connections", {"name": "Bare", "cloud": "aws"}, expect=422)
    assert set(fields(refused)) == {"method"}
    refused = admin_api.post("/connections", {**REAL, "method": "magic"}, expect=422)
    assert set(fields(refused)) == {"method"}
    assert not Connection.objects.exists()


@pytest.mark.parametrize("cloud_name", ["azure", "google"])
def test_every_cloud_has_a_sandbox(cloud_name: str, admin_api: Caller) -> None:
    body = {"name": "Play", "cloud": cloud_name, "sandbox": True}
    assert admin_api.post("/connections", body, expect=201)["cloud"] == cloud_name


def test_what_the_cloud_says_stands_at_the_credential(
    admin_api: Caller, cloud: dict[str, Any]
) -> None:
    cloud["error"] = PermissionDenied("AWS does not know this key.", code="InvalidClientTokenId")
    refused = admin_api.post("/connections", REAL, expect=422)
    assert fields(refused) == {"credential": "AWS does not know this key."}
    assert not Connection.objects.exists()


def test_a_cloud_that_is_away_is_said_to_be(admin_api: Caller, cloud: dict[str, Any]) -> None:
    made = admin_api.post("/connections", REAL, expect=201)
    cloud["error"] = CloudAway("AWS could not be reached.", code="EndpointConnectionError")
    away = admin_api.patch(f"/connections/{made['id']}", {"credential": KEY}, expect=503)
    assert (away["detail"], away["code"]) == (
        "AWS could not be reached.", "EndpointConnectionError",
    )  # fmt: skip
    assert admin_api.get("/connections") == [made]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_is_short_and_not_empty(
    name: str, admin_api: Caller, connection: Connection
) -> None:
    body = {"name": name, "cloud": "aws", "sandbox": True}
    assert set(fields(admin_api.post("/connections", body, expect=422))) == {"name"}
    path = f"/connections/{connection.pk}"
    assert set(fields(admin_api.patch(path, {"name": name}, expect=422))) == {"name"}


def test_a_name_is_given_once(admin_api: Caller, connection: Connection) -> None:
    body = {"name": "Sandbox AWS", "cloud": "aws", "sandbox": True}
    refused = admin_api.post("/connections", body, expect=422)
    assert fields(refused) == {"name": "A connection of this name exists already."}
    other = admin_api.post("/connections", {**body, "name": "Other"}, expect=201)
    refused = admin_api.patch(f"/connections/{other['id']}", {"name": "Sandbox AWS"}, expect=422)
    assert set(fields(refused)) == {"name"}
    assert admin_api.get(f"/connections/{other['id']}")["name"] == "Other"


def test_what_is_left_out_stays(admin_api: Caller, connection: Connection) -> None:
    path = f"/connections/{connection.pk}"
    before = admin_api.get(path)
    assert admin_api.patch(path, {}) == before
    assert admin_api.patch(path, {"name": None, "level": None, "enabled": None}) == before
    changed = admin_api.patch(path, {"level": "observe", "enabled": False})
    assert changed.pop("disabled_at")
    del before["disabled_at"]
    assert changed == {**before, "level": "observe", "enabled": False}


def test_the_sandbox_is_entered_with_a_credential_that_it_gave_out(
    admin_api: Caller, cloud: dict[str, Any]
) -> None:
    made = admin_api.post("/connections", {**REAL, "sandbox": True}, expect=201)
    assert (made["sandbox"], made["method"], made["region"]) == (
        True,
        "access_keys",
        "eu-central-1",
    )
    assert made["account"] == "444455556666"
    path = f"/connections/{made['id']}"
    renewed = {**KEY, "access_key_id": "AKIAIOSFODNN7EXAMPL2"}
    admin_api.patch(path, {"credential": renewed})


def test_a_credential_may_be_pasted(admin_api: Caller, cloud: dict[str, Any]) -> None:
    lines = f"export AWS_ACCESS_KEY_ID={KEY['access_key_id']}\n"
    lines += f"export AWS_SECRET_ACCESS_KEY={KEY['secret_access_key']}"
    given = {"paste": lines, "region": "eu-central-1"}
    made = admin_api.post("/connections", {**REAL, "credential": given}, expect=201)
    assert made["region"] == "eu-central-1"
    evil = {**given, "paste": f"{lines}\ncredential_process=/bin/canary"}
    body = {**REAL, "name": "Evil", "credential": evil}
    assert set(fields(admin_api.post("/connections", body, expect=422))) == {"credential.paste"}


def test_a_ready_made_sandbox_connection_takes_no_credential(
    admin_api: Caller, connection: Connection
) -> None:
    body = {"name": "x", "cloud": "aws", "sandbox": True, "credential": KEY}
    assert set(fields(admin_api.post("/connections", body, expect=422))) == {"method"}
    path = f"/connections/{connection.pk}"
    assert set(fields(admin_api.patch(path, {"credential": KEY}, expect=422))) == {"credential"}
    ends = {"expires_at": "2031-01-01T00:00:00Z"}
    assert set(fields(admin_api.patch(path, ends, expect=422))) == {"expires_at"}
    body = {"name": "x", "cloud": "aws", "sandbox": True, **ends}
    assert set(fields(admin_api.post("/connections", body, expect=422))) == {"expires_at"}


def test_fields_of_a_credential_that_are_left_out_are_kept(
    admin_api: Caller, cloud: dict[str, Any]
) -> None:
    made = admin_api.post("/connections", REAL, expect=201)
    path, renewed = f"/connections/{made['id']}", "renewed/renewed/renewed/renewed/renewed/"
    given = {"secret_access_key": renewed, "access_key_id": "", "region": ""}
    admin_api.patch(path, {"credential": given})
    row = Connection.objects.get(pk=made["id"])
    opened = access_for(row).credential
    assert (opened.reveal("access_key_id"), row.region) == (KEY["access_key_id"], KEY["region"])
    assert opened.reveal("secret_access_key") == renewed
    refused = admin_api.patch(path, {"credential": {"access_key_id": None}}, expect=422)
    assert set(fields(refused)) == {"credential.access_key_id"}


def test_what_was_put_back_is_tested(admin_api: Caller, cloud: dict[str, Any]) -> None:
    made = admin_api.post("/connections", REAL, expect=201)
    path = f"/connections/{made['id']}"
    admin_api.patch(path, {"credential": KEY})
    ConnectionTest.objects.all().delete()
    admin_api.post(f"{path}/undo")
    assert [each["status"] for each in admin_api.get(f"{path}/tests")] == ["queued"]


def test_another_method_keeps_no_field_of_the_one_before(
    admin_api: Caller, cloud: dict[str, Any]
) -> None:
    made = admin_api.post("/connections", REAL, expect=201)
    given = {"role_arn": "arn:aws:iam::444455556666:role/x", "external_id": "agreed"}
    body = {"method": "role", "credential": given}
    refused = admin_api.patch(f"/connections/{made['id']}", body, expect=422)
    assert "credential.region" in fields(refused)


def test_another_credential_has_to_open_the_same_account_once_it_is_used(
    admin_api: Caller, cloud: dict[str, Any], example: dict[str, Any]
) -> None:
    made = admin_api.post("/connections", {**REAL, "level": "deploy"}, expect=201)
    body = {"name": "p", "connection": made["id"], "blueprint": "aws_sagemaker_pipeline",
            "settings": example}  # fmt: skip
    admin_api.post("/pipelines", body, expect=201)
    cloud["account"] = "777788889999"
    path = f"/connections/{made['id']}"
    refused = admin_api.patch(path, {"credential": KEY}, expect=422)
    assert set(fields(refused)) == {"credential"}
    moved = {**KEY, "region": "us-east-1"}
    refused = admin_api.patch(path, {"credential": moved}, expect=422)
    assert set(fields(refused)) == {"credential.region"}
    assert admin_api.get(path) == made


def test_one_that_is_used_is_not_deleted(admin_api: Caller, pipeline: Pipeline) -> None:
    path = f"/connections/{pipeline.connection_id}"
    assert "Churn" in admin_api.delete(path, expect=409)["detail"]
    admin_api.delete(f"/pipelines/{pipeline.pk}")
    admin_api.delete(path)
    admin_api.get(path, expect=404)
    assert admin_api.get("/connections") == []
    row = Connection.objects.get()
    assert row.sealed == "" and row.removed_at
    body = {"name": "Sandbox AWS", "cloud": "aws", "sandbox": True}
    admin_api.post("/connections", body, expect=201)

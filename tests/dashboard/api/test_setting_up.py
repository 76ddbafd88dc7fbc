"""What is shown to set the cloud's side up, and that it is what is saved."""

from __future__ import annotations

import pytest

from dashboard.models import Connection
from provisioning import clouds
from provisioning.clouds.methods import METHODS
from provisioning.contracts import Cloud
from tests.dashboard.api.conftest import Caller, fields

ROLE = {
    "role_arn": "arn:aws:iam::123456789012:role/x",
    "external_id": "skyclock-x",
    "region": "eu-west-1",
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@pytest.mark.parametrize(("cloud", "method"), [(c.value, m) for c in Cloud for m in METHODS[c]])
def test_each_method_has_its_blocks_and_policy(cloud: str, method: str, admin_api: Caller) -> None:
    found = admin_api.get(f"/connections/setup?cloud={cloud}&method={method}&level=run")
    assert [each["tool"] for each in found["blocks"]] == ["cli", "console", "terraform", "pulumi"]
    assert found["policy"][0]["text"]
    by_token = method in ("web_identity", "federation")
    assert found["problem"].startswith("The clouds fetch") == by_token


def test_another_level_keeps_the_ids(admin_api: Caller) -> None:
    path = "/connections/setup?cloud=aws&method=role&account=123456789012"
    first = admin_api.get(path)
    again = admin_api.get(f"{path}&level=observe&identity={first['identity']}")
    assert again["subject"] == first["subject"] and again["external_id"] == first["external_id"]
    assert again["policy"] != first["policy"]
    assert "123456789012" in again["policy"][0]["text"]


def test_what_was_shown_is_what_is_saved_once(
    admin_api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clouds, "check_identity", lambda access: "123456789012")
    shown = admin_api.get("/connections/setup?cloud=aws&method=role")
    body = {
        "name": "By role", "cloud": "aws", "method": "role", "credential": ROLE,
        "identity": shown["identity"],
    }  # fmt: skip
    made = admin_api.post("/connections", body, expect=201)
    row = Connection.objects.get(pk=made["id"])
    assert shown["subject"] == f"skyclock:connection:{row.uid}"
    refused = admin_api.post("/connections", {**body, "name": "Again"}, expect=422)
    assert set(fields(refused)) == {"identity"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("cloud=aws&method=federation", "method"),
        ("cloud=aws&method=role&identity=forged", "identity"),
        ("cloud=aws&method=role&blueprints=azure_data_factory", "blueprints"),
        ("cloud=mars&method=role", "cloud"),
    ],
)
def test_what_makes_no_sense_is_refused(query: str, field: str, admin_api: Caller) -> None:
    refused = admin_api.get(f"/connections/setup?{query}", expect=422)
    assert set(fields(refused)) == {field}


def test_on_the_sandbox_the_issuer_may_be_here(admin_api: Caller) -> None:
    found = admin_api.get("/connections/setup?cloud=aws&method=web_identity&sandbox=true")
    assert found["problem"] == ""
    assert "ACCOUNT=111122223333" in found["blocks"][0]["text"]

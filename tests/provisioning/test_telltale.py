"""Texts that look like secrets are refused in settings, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning import telltale
from provisioning.blueprints import registry
from provisioning.blueprints.registry import BLUEPRINTS

KEY = "Zm9vYmFyYmF6MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3A="


def what(settings: Any) -> dict[str, str]:
    return {each.field: each.message for each in telltale.problems(settings, "settings")}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"),
        ("-----BEGIN PRIVATE KEY-----\\nMIIE", "a private key"),
        (f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={KEY}", "a connection string"),
        (f"Endpoint=sb://x.net/;SharedAccessKey={KEY}", "a connection string"),
        ("https://a.blob.core.windows.net/c?sv=1&sig=abcdefghijklmnopqrstuvwxyz%3D", "signature"),
        ("postgres://app:hunter22@db/app", "a password within an address"),
        ("ghp_" + "a1B2" * 9, "GitHub"),
        ("AIza" + "a1B2C3d" * 5, "Google"),
        ("dapi" + "0123456789abcdef" * 2, "Databricks"),
        ("xyz8Q~abcdefghijklmnopqrstuvwxyz01234567", "Entra"),
        ('{"password": {"type": "SecureString", "value": "hunter2"}}', "SecureString"),
    ],
)
def test_what_looks_like_a_secret_is_named_at_its_field_and_not_repeated(
    text: str, named: str
) -> None:
    found = what({"steps": [{"name": "a"}, {"command": text}]})
    assert list(found) == ["settings.steps.1.command"]
    assert named in found["settings.steps.1.command"]
    assert text not in str(found)


@pytest.mark.parametrize("name", ["API_KEY", "db_password", "AWS_SECRET_ACCESS_KEY", "app-secret"])
def test_a_name_that_tells_and_a_random_value_are_a_secret(name: str) -> None:
    assert what({"environment": {name: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz"}})
    assert what({"environment": {name: "0123456789abcdef0123456789abcdef"}})
    assert not what({"environment": {name: "projects/p/secrets/databricks-token-production"}})
    assert not what({"environment": {"NAME": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz"}})


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:token-AbCdEf",
        "@{pipeline().parameters.url}:@{item()}@x",
        '{"type": "SecureString", "value": "@{activity(\'get\').output.value}"}',
        '{"type": "SecureString", "value": "**********"}',
        "s3://bucket/path:with@signs",
        "a password is kept in the vault",
    ],
)
def test_what_points_to_a_secret_is_none(text: str) -> None:
    assert what({"password": {"vault": "v", "secret": "Databricks-Token-Production-2"}}) == {}
    assert what({"command": text}) == {}


@pytest.mark.parametrize("kind", BLUEPRINTS)
def test_no_blueprint_has_a_setting_that_is_a_secret(kind: str) -> None:
    """Settings are kept readable; what only a secret opens is read from a vault by a run."""
    blueprint = registry.get(kind)
    schema = json.dumps(blueprint.Settings.model_json_schema())
    assert "writeOnly" not in schema and '"format": "password"' not in schema
    assert what(blueprint.example()) == {}

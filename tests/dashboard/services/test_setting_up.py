"""What is shown to set the cloud's side up: complete, with this Skyclock's ids, and pasteable."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import subprocess
from uuid import UUID

import pytest
from django.core import signing
from pytest_django import Settings

from dashboard.services.setting_up import Identity, identity_of, new_identity, show
from provisioning.clouds.methods import METHODS, NEEDS_IDENTITY_TOKEN
from provisioning.contracts import Cloud, Level
from provisioning.errors import InvalidInput

IDENTITY = Identity(UUID("fba70671-60bb-4f65-ad59-61a79ce1548d"))
SUBJECT = f"skyclock:connection:{IDENTITY.uid}"
EVERY = [(cloud, method, level) for cloud in Cloud for method in METHODS[cloud] for level in Level]
HEREDOC = re.compile(r"cat > (\S+) <<EOF\n(.*?)\nEOF", re.S)
TF_HEREDOC = re.compile(r"<<JSON\n(.*?)\nJSON", re.S)
PACKAGES = {"aws": "pulumi_aws", "gcp": "pulumi_gcp", "azure": "pulumi_azure_native"}


@pytest.fixture(autouse=True)
def public(settings: Settings) -> None:
    settings.ISSUER_URL = "https://sky.example.com"


def blocks(cloud: Cloud, method: str, level: Level, **typed: str) -> dict[str, str]:
    found = show(cloud, method, level, identity=IDENTITY, typed=typed)
    return {each.tool: each.text for each in found.blocks}


@pytest.mark.parametrize(("cloud", "method", "level"), EVERY)
def test_each_can_be_pasted(cloud: Cloud, method: str, level: Level) -> None:
    found = blocks(cloud, method, level)
    assert list(found) == ["cli", "console", "terraform", "pulumi"]
    checked = subprocess.run(
        ["bash", "-n"], input=found["cli"], text=True, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    for name, text in HEREDOC.findall(found["cli"]):
        assert not name.endswith(".json") or json.loads(text)
    for text in TF_HEREDOC.findall(found["terraform"]):
        assert json.loads(text)
    for one, other in ("{}", "[]", "()"):
        assert found["terraform"].count(one) == found["terraform"].count(other)
    compile(found["pulumi"], "Pulumi", "exec")


@pytest.mark.parametrize(("cloud", "method"), [(c, m) for c in Cloud for m in METHODS[c]])
def test_pulumi_programs_name_what_there_is(cloud: Cloud, method: str) -> None:
    """Of pulumi_azuread the names are not checked: it is not among the product's packages."""
    tree = ast.parse(blocks(cloud, method, Level.OBSERVE)["pulumi"])
    checked = 0
    for node in ast.walk(tree):
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        package, _, rest = name.partition(".")
        if package not in PACKAGES or not rest.partition(".")[2]:
            continue
        module, _, what = rest.rpartition(".")
        found = getattr(importlib.import_module(f"{PACKAGES[package]}.{module}"), what)
        made = inspect.signature(getattr(found, "_internal_init", found)).parameters
        assert isinstance(node, ast.Call)
        unknown = {each.arg for each in node.keywords} - set(made)
        assert not unknown, (name, unknown)
        checked += 1
    assert checked >= 2


@pytest.mark.parametrize(("cloud", "method"), [(c, m) for c in Cloud for m in METHODS[c]])
def test_what_trusts_the_issuer_names_it_the_subject_and_the_audience(
    cloud: Cloud, method: str
) -> None:
    found = blocks(cloud, method, Level.RUN)
    audiences = {
        Cloud.AWS: "sts.amazonaws.com",
        Cloud.AZURE: "api://AzureADTokenExchange",
        Cloud.GOOGLE: "/providers/skyclock",
    }
    for tool, text in found.items():
        if method not in NEEDS_IDENTITY_TOKEN:
            assert "sky.example.com" not in text and SUBJECT not in text
            continue
        assert "https://sky.example.com" in text and SUBJECT in text, tool
        assert audiences[cloud] in text or (cloud, tool) == (Cloud.GOOGLE, "console")


def test_a_role_that_web_identity_takes_on_asks_for_audience_and_subject() -> None:
    text = blocks(Cloud.AWS, "web_identity", Level.RUN, role_arn="arn:aws:iam::123456789012:role/x")
    trust = json.loads(dict(HEREDOC.findall(text["cli"]))["trust.json"])["Statement"][0]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Principal"]["Federated"].endswith(":oidc-provider/sky.example.com")
    assert trust["Condition"] == {
        "StringEquals": {
            "sky.example.com:aud": "sts.amazonaws.com",
            "sky.example.com:sub": SUBJECT,
        }
    }
    assert "ACCOUNT=123456789012" in text["cli"]


def test_a_role_that_others_take_on_asks_for_the_external_id() -> None:
    text = blocks(Cloud.AWS, "role", Level.RUN)["cli"]
    trust = json.loads(dict(HEREDOC.findall(text))["trust.json"])["Statement"][0]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": f"skyclock-{IDENTITY.uid}"}}
    assert "echo 'external_id: skyclock-fba70671" in text


@pytest.mark.parametrize("text", ["$(reboot)", "x; rm -rf", "a\nb", "`id`", '"'])
def test_nothing_typed_reaches_a_shell_but_plain_words(text: str) -> None:
    for cloud, name in ((Cloud.AZURE, "subscription_id"), (Cloud.GOOGLE, "project")):
        for method in METHODS[cloud]:
            for each in blocks(cloud, method, Level.OBSERVE, **{name: text}).values():
                assert text not in each or text == '"'
    for each in blocks(Cloud.AWS, "role", Level.OBSERVE, role_arn=f"a:b:c:d:{text}:e").values():
        assert text not in each or text == '"'


def test_what_was_shown_is_what_is_saved() -> None:
    shown = new_identity()
    assert identity_of(shown.signed) == shown
    forged = signing.dumps(str(shown.uid), salt="another")
    for text in ("", "x", forged, shown.signed[:-1]):
        with pytest.raises(InvalidInput, match="too old"):
            identity_of(text)


def test_a_method_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Known: web_identity, role, access_keys"):
        show(Cloud.AWS, "federation", Level.RUN, identity=IDENTITY)

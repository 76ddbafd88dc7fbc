"""Azure, tried out by applications whose roles lack something."""

from __future__ import annotations

import json
import uuid

import pytest
import requests

from provisioning.checks.declared import needs
from provisioning.clouds.policies.azure import DATA, TESTS
from provisioning.contracts import Access, Check, Cloud, Level
from tests.provisioning.checks.asked import results, tried
from tests.sandbox.azure.applications import App
from tests.sandbox.issuer import running_issuer
from tests.sandbox_identities import SUBSCRIPTION, access, entra_app, entra_fields, give_role
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.sandbox

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
QUERIES = {
    "Microsoft.DataFactory/factories/querypipelineruns/action",
    "Microsoft.DataFactory/factories/pipelineruns/queryactivityruns/action",
    "Microsoft.DataFactory/factories/querytriggerruns/action",
}


def by_secret(sandbox: SandboxProcess, app: App, *, secret: str = "") -> Access:
    fields = entra_fields(app, client_secret=secret or app.add_secret())
    return access(sandbox, Cloud.AZURE, "client_secret", fields)


def permissions(level: Level) -> tuple[str, ...]:
    declared = needs(Cloud.AZURE)
    more = {
        Level.OBSERVE: (),
        Level.RUN: declared.run,
        Level.DEPLOY: declared.run + declared.deploy,
    }
    return (*declared.observe, *more[level], *TESTS)


def give(sandbox: SandboxProcess, app: App, actions: list[str]) -> None:
    """A custom role of just these."""
    id, name = str(uuid.uuid4()), f"Role {uuid.uuid4().hex[:8]}"
    role = {
        "roleName": name, "type": "CustomRole", "assignableScopes": [SCOPE], "description": "",
        "permissions": [{
            "actions": [each for each in actions if not DATA.fullmatch(each)],
            "notActions": [], "notDataActions": [],
            "dataActions": [each for each in actions if DATA.fullmatch(each)],
        }],
    }  # fmt: skip
    answer = requests.put(
        f"{sandbox.address.azure_url}/arm{SCOPE}/providers/Microsoft.Authorization"
        f"/roleDefinitions/{id}",
        params={"api-version": "2022-04-01"},
        json={"properties": role},
        headers={"Authorization": f"Bearer sandbox-only-token-of-{SUBSCRIPTION}"},
        timeout=60,
    )
    assert answer.status_code in (200, 201), answer.text
    give_role(sandbox, app.principal, name)


def grey_rest(found: dict[str, Check]) -> bool:
    return {check.result for name, check in found.items()
            if name not in ("identity", "clock")} == {"unknown"}  # fmt: skip


@pytest.mark.parametrize("level", list(Level))
def test_a_role_of_what_a_level_needs_is_green(level: Level, sandbox: SandboxProcess) -> None:
    app = entra_app(sandbox)
    give(sandbox, app, list(permissions(level)))
    found = tried(by_secret(sandbox, app), level, expected_account=SUBSCRIPTION)
    assert set(results(found).values()) == {"pass"}, found
    assert app.app_id in found["identity"].message


@pytest.mark.parametrize(
    ("level", "lacking", "red"),
    [
        (Level.OBSERVE, "Microsoft.DataFactory/factories/read", {"list", "read_runs"}),
        (Level.RUN, "Microsoft.DataFactory/factories/pipelines/createrun/action", {"start"}),
        (Level.RUN, "Microsoft.EventGrid/events/send/action", {"start"}),
        (Level.DEPLOY, "Microsoft.Authorization/roleAssignments/write", {"deploy"}),
    ],
)
def test_one_action_that_is_missing_is_named_with_a_role(
    level: Level, lacking: str, red: set[str], sandbox: SandboxProcess
) -> None:
    app = entra_app(sandbox)
    give(sandbox, app, [each for each in permissions(level) if each != lacking])
    found = tried(by_secret(sandbox, app), level)
    assert {name for name, check in found.items() if check.result == "fail"} == red
    for name in red:
        assert lacking in found[name].missing
        assert f'--assignee "{app.app_id}"' in found[name].message
        assert f'--scope "{SCOPE}"' in found[name].message


def test_reader_does_not_read_runs(sandbox: SandboxProcess) -> None:
    app = entra_app(sandbox)
    give_role(sandbox, app.principal, "Reader")
    stored = by_secret(sandbox, app)
    found = tried(stored, Level.OBSERVE)
    check = found["read_runs"]
    assert (found["list"].result, check.result) == ("pass", "fail")
    assert set(check.missing) >= QUERIES
    text = check.message.partition("--role-definition '")[2].partition("'")[0]
    give(sandbox, app, json.loads(text)["Actions"])
    assert set(results(tried(stored, Level.OBSERVE)).values()) == {"pass"}


# ── Who is not let in ───────────────────────────────────────────────────────────────


def test_an_application_without_a_role_sees_no_subscription(sandbox: SandboxProcess) -> None:
    found = tried(by_secret(sandbox, entra_app(sandbox)))
    assert found["identity"].result == "fail" and grey_rest(found)


def test_a_wrong_secret_is_red(sandbox: SandboxProcess) -> None:
    app = entra_app(sandbox)
    give_role(sandbox, app.principal, "Reader")
    app.add_secret()
    found = tried(by_secret(sandbox, app, secret="xyz8Q~abcdefghijklmnopqrstuvwxyz012345"))
    assert found["identity"].result == "fail" and grey_rest(found)
    assert "does not belong to this application" in found["identity"].message


def test_an_expired_identity_token_is_red(sandbox: SandboxProcess) -> None:
    app = entra_app(sandbox)
    give(sandbox, app, list(permissions(Level.OBSERVE)))
    audience = "api://AzureADTokenExchange"
    with running_issuer() as issuer:
        app.trust(issuer.url, "sky-1")

        def by(token: str) -> dict[str, Check]:
            fields = entra_fields(app)
            stored = access(sandbox, Cloud.AZURE, "federation", fields, identity_token=token)
            return tried(stored, Level.OBSERVE)

        good = by(issuer.token(sub="sky-1", aud=audience))
        assert set(results(good).values()) == {"pass"}, good
        found = by(issuer.token(sub="sky-1", aud=audience, ago=7200))
        assert found["identity"].result == "fail" and grey_rest(found)

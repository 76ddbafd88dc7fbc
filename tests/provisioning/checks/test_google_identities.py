"""Google, tried out by service accounts that lack something."""

from __future__ import annotations

import json

import pytest

from provisioning.contracts import Access, Check, Cloud, Level
from tests.provisioning.checks.asked import results, tried
from tests.sandbox.issuer import running_issuer
from tests.sandbox_identities import PROJECT, GoogleAdmin, access
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.sandbox

# Predefined roles that together have what the Blueprints declare to observe.
READING = (
    "roles/browser", "roles/datapipelines.viewer", "roles/dataflow.viewer",
    "roles/eventarc.viewer", "roles/workflows.viewer", "roles/storage.objectViewer",
    "roles/run.viewer", "roles/logging.viewer", "roles/aiplatform.viewer",
)  # fmt: skip
RUNNING = (
    *READING, "roles/datapipelines.admin", "roles/dataflow.developer",
    "roles/storage.objectAdmin", "roles/workflows.editor", "roles/iam.serviceAccountUser",
    "roles/pubsub.editor", "roles/aiplatform.user", "roles/run.admin",
)  # fmt: skip
DEPLOYING = (
    *RUNNING, "roles/eventarc.admin", "roles/storage.admin", "roles/iam.serviceAccountAdmin",
    "roles/resourcemanager.projectIamAdmin", "roles/artifactregistry.reader",
)  # fmt: skip


def by_key(sandbox: SandboxProcess, *roles: str) -> tuple[Access, str]:
    admin = GoogleAdmin(sandbox)
    email = admin.account(*roles)
    return of_key(sandbox, admin.key(email)), email


def of_key(sandbox: SandboxProcess, key: str) -> Access:
    return access(sandbox, Cloud.GOOGLE, "service_account", {"service_account_key": key})


def grey_rest(found: dict[str, Check]) -> bool:
    return {check.result for name, check in found.items()
            if name not in ("identity", "clock")} == {"unknown"}  # fmt: skip


@pytest.mark.parametrize(
    ("level", "roles"),
    [(Level.OBSERVE, READING), (Level.RUN, RUNNING), (Level.DEPLOY, DEPLOYING)],
)
def test_an_account_with_all_that_a_level_needs_is_green(
    level: Level, roles: tuple[str, ...], sandbox: SandboxProcess
) -> None:
    stored, _ = by_key(sandbox, *roles)
    found = tried(stored, level, expected_account=PROJECT)
    assert set(results(found).values()) == {"pass"}, found


@pytest.mark.parametrize(
    ("level", "roles", "without", "red", "lacking"),
    [
        (Level.OBSERVE, READING, "roles/eventarc.viewer", "list", "eventarc.triggers.list"),
        (Level.OBSERVE, READING, "roles/dataflow.viewer", "read_runs", "dataflow.jobs.list"),
        (Level.RUN, RUNNING, "roles/iam.serviceAccountUser", "start", "iam.serviceAccounts.actAs"),
        (Level.DEPLOY, DEPLOYING, "roles/eventarc.admin", "deploy", "eventarc.triggers.create"),
    ],
)
def test_a_role_that_is_missing_is_told_and_helps(
    level: Level,
    roles: tuple[str, ...],
    without: str,
    red: str,
    lacking: str,
    sandbox: SandboxProcess,
) -> None:
    stored, email = by_key(sandbox, *(each for each in roles if each != without))
    check = tried(stored, level)[red]
    assert check.result == "fail" and lacking in check.missing
    member, line = f"serviceAccount:{email}", check.message.partition("\n\n")[2]
    assert f'--member="{member}"' in line
    for role in {part.split('"')[1] for part in line.split() if part.startswith("--role=")}:
        GoogleAdmin(sandbox).grant(member, role)
    assert set(results(tried(stored, level)).values()) == {"pass"}


def test_lists_that_may_not_be_read_are_no_empty_lists(sandbox: SandboxProcess) -> None:
    stored, _ = by_key(sandbox, "roles/browser")
    found = tried(stored)
    assert [found[name].result for name in ("list", "read_runs", "start", "deploy")] == [
        "fail", "fail", "fail", "fail",
    ]  # fmt: skip
    assert set(found["list"].missing) == {
        "datapipelines.pipelines.list", "eventarc.triggers.list", "run.services.list",
    }  # fmt: skip


# ── Who is not let in ───────────────────────────────────────────────────────────────


def test_a_key_that_was_deleted_is_red(sandbox: SandboxProcess) -> None:
    admin = GoogleAdmin(sandbox)
    email = admin.account(*READING)
    key = admin.key(email)
    admin.delete_key(email, key)
    found = tried(of_key(sandbox, key))
    assert found["identity"].result == "fail" and grey_rest(found)
    assert json.loads(key)["private_key_id"] not in str(found)


def test_another_accounts_private_key_is_red(sandbox: SandboxProcess) -> None:
    admin = GoogleAdmin(sandbox)
    mine, other = (json.loads(admin.key(admin.account(*READING))) for _ in range(2))
    mixed = json.dumps({**mine, "private_key": other["private_key"]})
    assert tried(of_key(sandbox, mixed))["identity"].result == "fail"


def test_an_account_without_any_role_may_not_even_see_the_project(sandbox: SandboxProcess) -> None:
    found = tried(by_key(sandbox)[0])
    assert found["identity"].result == "fail" and grey_rest(found)


def test_an_expired_identity_token_is_red(sandbox: SandboxProcess) -> None:
    admin = GoogleAdmin(sandbox)
    with running_issuer() as issuer:
        provider = admin.provider(issuer.url, "sky")
        pool = provider.partition("/providers/")[0]
        for each in READING:
            admin.grant(f"principal://iam.googleapis.com/{pool}/subject/sky-1", each)

        def by(token: str) -> dict[str, Check]:
            fields = {"audience": provider, "project": PROJECT}
            stored = access(sandbox, Cloud.GOOGLE, "federation", fields, identity_token=token)
            return tried(stored, Level.OBSERVE)

        good = by(issuer.token(sub="sky-1", aud="sky"))
        assert set(results(good).values()) == {"pass"}, good
        found = by(issuer.token(sub="sky-1", aud="sky", ago=7200))
        assert found["identity"].result == "fail" and grey_rest(found)

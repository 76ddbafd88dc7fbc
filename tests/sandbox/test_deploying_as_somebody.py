"""Deploying through a Connection with a method of its own: the cloud decides what it may."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning import clouds
from provisioning.blueprints import registry
from provisioning.contracts import (
    Access,
    Cloud,
    EngineCommand,
    Operation,
    OutcomeEvent,
    StackSpec,
    TriggerSpec,
)
from tests.deployed_stack import DeployedStack
from tests.sandbox_identities import (
    AwsAdmin,
    GoogleAdmin,
    access,
    allowed,
    entra_app,
    entra_fields,
    give_role,
    trusting,
)
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

OTHER, EXTERNAL_ID = "444455556666", "skyclock-4f6d1c"
KINDS = {
    Cloud.AWS: "aws_sagemaker_pipeline",
    Cloud.AZURE: "azure_data_factory",
    Cloud.GOOGLE: "google_data_pipeline",
}
Deployed = Callable[[Access, str], DeployedStack]


@pytest.fixture
def deployed(tmp_path: Path, engine: EngineCommand) -> Deployed:
    def make(entering: Access, slug: str) -> DeployedStack:
        kind = KINDS[entering.cloud]
        spec = StackSpec(
            pipeline_id=1, name="Churn", slug=slug, blueprint=kind,
            settings=registry.get(kind).example(), triggers=_triggers(kind),
            region=entering.region, account=entering.account,
        )  # fmt: skip
        return DeployedStack(tmp_path / slug, engine, entering, spec)

    return make


def _triggers(kind: str) -> tuple[TriggerSpec, ...]:
    return ()


def require_refused(outcome: OutcomeEvent, *words: str) -> None:
    assert outcome.status == "failed"
    assert outcome.error is not None
    told = outcome.error.model_dump_json()
    for each in words:
        assert each in told, told


def require_secret_nowhere(stack: DeployedStack) -> None:
    """Neither what is stored nor what it was exchanged for is in any file that is left."""
    secrets = [each.encode() for each in stack.access.secrets() if "\n" not in each]
    for path in stack.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [each for each in secrets if each in content], path


def test_aws(sandbox: SandboxProcess, deployed: Deployed) -> None:
    admin = AwsAdmin(sandbox)
    base = admin.user(OTHER, **allowed("sts:AssumeRole"))

    def entering(*actions: str) -> Access:
        arn = admin.role(trusting(OTHER, EXTERNAL_ID), allowed(*actions))
        fields = {"role_arn": arn, "external_id": EXTERNAL_ID, **base}
        return access(sandbox, Cloud.AWS, "role", fields)

    reading = deployed(entering("sagemaker:List*", "sagemaker:Describe*"), "as-reader-aws")
    require_refused(
        reading.run(Operation.UP), "is not authorized to perform", reading.access.reference
    )
    doing = deployed(entering("*"), "as-deployer-aws")
    up = doing.run(Operation.UP)
    assert up.status == "succeeded", up.error
    require_secret_nowhere(doing)
    assert doing.run(Operation.DESTROY).status == "succeeded"


def test_azure(sandbox: SandboxProcess, deployed: Deployed) -> None:
    app = entra_app(sandbox)
    give_role(sandbox, app.principal, "Reader")
    fields = entra_fields(app, client_secret=app.add_secret())
    stack = deployed(access(sandbox, Cloud.AZURE, "client_secret", fields), "as-app-azure")
    require_refused(stack.run(Operation.UP), "does not have authorization to perform action")
    give_role(sandbox, app.principal, "Owner")
    up = stack.run(Operation.UP)
    assert up.status == "succeeded", up.error
    require_secret_nowhere(stack)
    assert stack.run(Operation.DESTROY).status == "succeeded"


def test_google(sandbox: SandboxProcess, deployed: Deployed) -> None:
    admin = GoogleAdmin(sandbox)
    email = admin.account("roles/viewer")
    fields = {"service_account_key": admin.key(email)}
    stack = deployed(access(sandbox, Cloud.GOOGLE, "service_account", fields), "as-account-gcp")
    require_refused(stack.run(Operation.UP), "storage.buckets.create", email)
    admin.grant(f"serviceAccount:{email}", "roles/owner")
    up = stack.run(Operation.UP)
    assert up.status == "succeeded", up.error
    require_secret_nowhere(stack)
    assert stack.run(Operation.DESTROY).status == "succeeded"


def test_whom_the_sandbox_was_not_told_it_refuses(
    sandbox: SandboxProcess, deployed: Deployed
) -> None:
    key = AwsAdmin(sandbox).user(**allowed("*"))
    stored = access(sandbox, Cloud.AWS, "access_keys", key)
    config = clouds.pulumi_config(stored)
    assert config["aws:sandboxIdentity"] == stored.reference
    assert key["secret_access_key"] not in json.dumps(config)

"""The policy of *deploy* is enough for every Blueprint: on the sandbox, which refuses the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dashboard import launch
from dashboard.models import Pipeline, User
from dashboard.services import (
    connections,
    deployments,
    pipelines,
    sandbox_set_up,
    setting_up,
)
from provisioning.blueprints import registry
from provisioning.contracts import Cloud, EngineCommand, Level

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

METHODS = {
    Cloud.AWS: "role", Cloud.AZURE: "client_secret", Cloud.GOOGLE: "service_account",
}  # fmt: skip
ONE_OF_EACH = ["aws_stepfunctions_training", "azure_data_factory", "google_data_pipeline"]


def made(kind: str, level: Level, *, admin: User, member: User) -> Pipeline:
    """On a Connection that may deploy as far as Skyclock is asked, and that has this policy."""
    blueprint = registry.get(kind)
    method = METHODS[blueprint.cloud]
    shown = setting_up.show(
        blueprint.cloud, method, level, identity=setting_up.new_identity(),
        typed={"account": connections.SANDBOX_ACCOUNTS[blueprint.cloud][0]}, blueprints=[kind],
    )  # fmt: skip
    connection = connections.create(
        actor=admin, name="By policy", cloud=blueprint.cloud.value, method=method,
        level="deploy", credential=sandbox_set_up.set_up(actor=admin, shown=shown), sandbox=True,
    )  # fmt: skip
    return pipelines.create(
        actor=member, name=f"Policy {shown.identity.short}", connection=connection,
        blueprint=kind, settings=blueprint.example(), triggers=[],
    )  # fmt: skip


@pytest.mark.parametrize("kind", list(registry.BLUEPRINTS))
def test_a_pipeline_is_deployed_and_destroyed_with_nothing_but_its_policy(
    kind: str, operate: Callable[[Pipeline, str], None], admin: User, member: User
) -> None:
    pipeline = made(kind, Level.DEPLOY, admin=admin, member=member)
    operate(pipeline, "up")
    operate(pipeline, "destroy")


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_the_policy_of_run_deploys_nothing(
    kind: str, on_sandbox: None, engine: EngineCommand, admin: User, member: User
) -> None:
    pipeline = made(kind, Level.RUN, admin=admin, member=member)
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="up")
    deployments.execute(row.pk)
    row.refresh_from_db()
    assert row.status == "failed"
    assert row.error["kind"] == "permission", row.error

"""The least-privilege policy of a level, made from what Blueprints declare."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.services import permissions
from provisioning.blueprints import registry
from provisioning.clouds.policies.aws import LONGEST, size_of
from provisioning.contracts import Cloud, Level
from provisioning.errors import InvalidInput

ACCOUNT = "123456789012"


def declared(cloud: Cloud, level: Level) -> set[str]:
    every = (each for each in registry.every() if each.cloud is cloud)
    return {each for blueprint in every for each in blueprint.permissions[level]}


def statements(level: Level, **more: Any) -> list[dict[str, Any]]:
    found = permissions.policy(Cloud.AWS, level, account=ACCOUNT, **more)
    return [each for document in found for each in json.loads(document.text)["Statement"]]


@pytest.mark.parametrize("level", list(Level))
def test_aws_allows_what_is_declared_and_the_test_of_it(level: Level) -> None:
    allowed = {action for each in statements(level) for action in each["Action"]}
    assert allowed == declared(Cloud.AWS, level) | {"iam:SimulatePrincipalPolicy"}


@pytest.mark.parametrize("level", list(Level))
def test_each_document_is_one_that_iam_takes(level: Level) -> None:
    documents = permissions.policy(Cloud.AWS, level, account=ACCOUNT)
    for each in documents:
        assert size_of(each.text) <= LONGEST
        sids = [one["Sid"] for one in json.loads(each.text)["Statement"]]
        assert len(set(sids)) == len(sids) and all(sid.isalnum() for sid in sids)
    assert len({each.name for each in documents}) == len(documents)
    assert (len(documents) > 1) == any("attach all" in note for note in documents[0].notes)


def test_roles_are_handed_to_services_only() -> None:
    for level in (Level.RUN, Level.DEPLOY):
        (passing,) = (each for each in statements(level) if "iam:PassRole" in each["Action"])
        assert passing["Action"] == ["iam:PassRole"]
        assert passing["Resource"] == f"arn:aws:iam::{ACCOUNT}:role/skyclock-*"
        services = passing["Condition"]["StringEquals"]["iam:PassedToService"]
        assert "sagemaker.amazonaws.com" in services


def test_what_changes_something_is_limited_to_what_is_skyclocks() -> None:
    """But for what takes no resources, and Cloud Control, which acts for the other services."""
    whole = {
        action
        for each in statements(Level.DEPLOY)
        if each["Resource"] == "*"
        for action in each["Action"]
    }
    changing = whole - declared(Cloud.AWS, Level.OBSERVE)
    free = {"logs:PutResourcePolicy", "logs:DeleteResourcePolicy"}
    assert {each for each in changing if not each.startswith("cloudformation:")} <= free | {
        "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
        "states:ValidateStateMachineDefinition",
    }  # fmt: skip


def test_observing_is_for_all_that_is_in_the_account() -> None:
    (reading,) = (each for each in statements(Level.OBSERVE) if each["Resource"] == "*")
    assert "sagemaker:ListPipelines" in reading["Action"]
    assert "states:DescribeExecution" in reading["Action"]


def test_other_partitions_have_arns_of_their_own() -> None:
    found = statements(Level.RUN, region="cn-north-1")
    arns = [each["Resource"] for each in found if isinstance(each["Resource"], str)]
    assert all(arn == "*" or arn.startswith("arn:aws-cn:") for arn in arns)


def test_blueprints_can_be_chosen() -> None:
    some = permissions.policy(Cloud.AWS, Level.DEPLOY, blueprints=["aws_sagemaker_pipeline"])
    assert not any("lambda:CreateFunction" in each.text for each in some)
    with pytest.raises(InvalidInput, match="is no blueprint of this cloud"):
        permissions.policy(Cloud.AWS, Level.RUN, blueprints=["azure_data_factory"])


@pytest.mark.parametrize("level", list(Level))
def test_azure_has_a_custom_role_with_data_actions_apart(level: Level) -> None:
    (document,) = permissions.policy(Cloud.AZURE, level, account="5a4db0c5-0000-4000-8000-1")
    found = json.loads(document.text)
    assert declared(Cloud.AZURE, level) <= {*found["Actions"], *found["DataActions"]}
    assert "Microsoft.DataFactory/factories/querypipelineruns/action" in found["Actions"]
    sends = "Microsoft.EventGrid/events/send/action" in found["DataActions"]
    assert sends == (level is not Level.OBSERVE)
    assert not set(found["Actions"]) & set(found["DataActions"])
    assert found["AssignableScopes"] == ["/subscriptions/5a4db0c5-0000-4000-8000-1"]


@pytest.mark.parametrize("level", list(Level))
def test_google_has_a_custom_role(level: Level) -> None:
    (document,) = permissions.policy(Cloud.GOOGLE, level)
    lines = document.text.splitlines()
    assert {each[2:] for each in lines if each.startswith("- ")} == declared(Cloud.GOOGLE, level)
    assert document.name == f"skyclock_{level.value}"

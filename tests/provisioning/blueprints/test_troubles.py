"""What kind of trouble a cloud's error is, and what to grant where a permission is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning.blueprints import registry
from provisioning.contracts import Diagnosis, ErrorKind, StackSpec

AWS, AZURE, GOOGLE = "aws_sagemaker_pipeline", "azure_data_factory", "google_data_pipeline"
ACCOUNTS = {AWS: "111122223333", AZURE: "5a4db0c5-0000-4000-8000-000000000001", GOOGLE: "proj"}


def diagnosed(kind: str, code: str, message: str, said: str = "") -> Diagnosis:
    spec = StackSpec(
        pipeline_id=1, name="Churn", slug="churn", blueprint=kind, settings={}, triggers=(),
        region="eu-west-1", account=ACCOUNTS[kind],
    )  # fmt: skip
    return registry.get(kind).diagnose(spec, code, message, said=said)


@pytest.mark.parametrize(
    ("blueprint", "code", "message", "kind"),
    [
        (AWS, "EntityAlreadyExists", "Role skyclock-churn-x already exists.", "name_taken"),
        (AWS, "ConflictException", "Schedule skyclock-churn-t1 already exists.", "name_taken"),
        (AWS, "ConflictException", "The schedule is being changed.", "conflict"),
        (AWS, "ServiceQuotaExceededException", "Too many schedules.", "quota"),
        (AWS, "ResourceLimitExceeded", "The account-level service limit", "quota"),
        (AWS, "ThrottlingException", "Rate exceeded", "throttled"),
        (AWS, "NoSuchEntity", "The role with name x cannot be found.", "not_found"),
        (AWS, "ExpiredToken", "The security token is expired", "credential"),
        (AWS, "", "operation error S3: X, request send failed", "unreachable"),
        (AZURE, "DataFactoryNameInUse", "The name 'skyclock-churn' is in use.", "name_taken"),
        (AZURE, "TriggerEnabledCannotUpdate", "Cannot update enabled Trigger", "conflict"),
        (AZURE, "SubscriptionIsOverQuotaForSku", "over quota", "quota"),
        (AZURE, "TooManyRequests", "Too many", "throttled"),
        (AZURE, "AADSTS7000222", "The client secret has expired", "credential"),
        (AZURE, "ResourceGroupNotFound", "not found", "not_found"),
        (GOOGLE, "ALREADY_EXISTS", "Resource 'skyclock-churn' already exists.", "name_taken"),
        (GOOGLE, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'pipelines'", "quota"),
        (GOOGLE, "RESOURCE_EXHAUSTED", "Quota: 60 requests per minute", "throttled"),
        (GOOGLE, "UNAUTHENTICATED", "Request had invalid credentials", "credential"),
        (GOOGLE, "", "googleapi: Error 404: Not found", "not_found"),
        (GOOGLE, "", "googleapi: Error 403: Quota exceeded: limit of buckets", "quota"),
    ],
)  # fmt: skip
def test_the_kind_of_trouble(blueprint: str, code: str, message: str, kind: str) -> None:
    assert diagnosed(blueprint, code, message).kind == ErrorKind(kind)


@pytest.mark.parametrize("blueprint", [AWS, AZURE, GOOGLE])
def test_what_nobody_knows_is_called_nothing(blueprint: str) -> None:
    assert diagnosed(blueprint, "Teapot", "I am one.") == Diagnosis()


@pytest.mark.parametrize(
    ("blueprint", "code", "message", "name"),
    [
        (AWS, "EntityAlreadyExists", "Role with name skyclock-churn-exec already exists.",
         "skyclock-churn-exec"),
        (AZURE, "StorageAccountAlreadyTaken", "The storage account named skyclockchurn1 is already "
         "taken.", "skyclockchurn1"),
        (GOOGLE, "ALREADY_EXISTS", "Resource 'x/other' already exists.", "x/other"),
    ],
)  # fmt: skip
def test_a_name_that_is_taken_is_named(blueprint: str, code: str, message: str, name: str) -> None:
    hint = str(diagnosed(blueprint, code, message).hint)
    assert hint.startswith(f"Taken is the name {name}.")
    assert "of another name" in hint


def test_aws_prints_the_statement() -> None:
    message = (
        "User: arn:aws:iam::111122223333:user/skyclock is not authorized to perform: "
        "iam:CreateRole on resource: arn:aws:iam::111122223333:role/skyclock-churn-execution "
        "because no identity-based policy allows the iam:CreateRole action"
    )
    found = diagnosed(AWS, "AccessDenied", message)
    assert found.kind is ErrorKind.PERMISSION and found.policy
    assert "user/skyclock lacks iam:CreateRole" in str(found.hint)
    assert json.loads(found.policy.text) == {
        "Effect": "Allow", "Action": "iam:CreateRole",
        "Resource": "arn:aws:iam::111122223333:role/skyclock-*",
    }  # fmt: skip
    assert "iam:PassRole" in found.policy.also and "iam:CreateRole" not in found.policy.also
    assert all(each.startswith("iam:") for each in found.policy.also)


def test_aws_tells_the_action_of_the_call_where_the_words_do_not() -> None:
    said = (
        "operation error SQS: CreateQueue, https response error StatusCode: 403, RequestID: 1, "
        "api error AccessDenied: Access to the resource is denied."
    )
    found = diagnosed(AWS, "AccessDenied", "Access to the resource is denied.", said)
    assert found.policy and json.loads(found.policy.text)["Action"] == "sqs:CreateQueue"
    assert json.loads(found.policy.text)["Resource"] == "*"


def test_an_explicit_deny_is_not_helped_by_an_allowance() -> None:
    message = "User: arn:aws:iam::1:user/x is not authorized to perform: s3:CreateBucket on "
    found = diagnosed(AWS, "AccessDenied", f"{message}resource: y with an explicit deny")
    assert found.policy is None and "denies this explicitly" in str(found.hint)


def test_azure_prints_the_role() -> None:
    message = (
        "The client 'app' with object id 'oid-1' does not have authorization to perform action "
        "'Microsoft.DataFactory/factories/write' over scope '/subscriptions/s-1/resourceGroups/"
        "skyclock-churn/providers/Microsoft.DataFactory/factories/f' or the scope is invalid."
    )
    found = diagnosed(AZURE, "AuthorizationFailed", message)
    assert found.kind is ErrorKind.PERMISSION and found.policy
    assert '--assignee "oid-1"' in found.policy.text
    assert '--role "Data Factory Contributor"' in found.policy.text
    assert '--scope "/subscriptions/s-1/resourceGroups/skyclock-churn"' in found.policy.text
    assert "Microsoft.DataFactory/factories/write" in found.policy.title


@pytest.mark.parametrize(
    ("message", "role", "member"),
    [
        ("Permission 'iam.serviceAccounts.create' denied on resource '//iam.googleapis.com/"
         "projects/proj' (or it may not exist).", "roles/iam.serviceAccountAdmin",
         "SERVICE_ACCOUNT"),
        ("sky@proj.iam.gserviceaccount.com does not have storage.buckets.create access to the "
         "Google Cloud project. Permission 'storage.buckets.create' denied on resource (or it may "
         "not exist).", "roles/storage.admin", "sky@proj.iam.gserviceaccount.com"),
    ],
)  # fmt: skip
def test_google_prints_the_role(message: str, role: str, member: str) -> None:
    found: Any = diagnosed(GOOGLE, "PERMISSION_DENIED", message)
    assert found.kind is ErrorKind.PERMISSION
    assert f'--role="{role}"' in found.policy.text
    assert f'--member="serviceAccount:{member}"' in found.policy.text
    assert "projects add-iam-policy-binding proj" in found.policy.text

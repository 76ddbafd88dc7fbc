from __future__ import annotations

import pytest

from provisioning.contracts import Diagnosis, ErrorKind, ResourceOp
from provisioning.engine.events import Failure
from provisioning.engine.failures import cloud_words, explain
from provisioning.engine.wording import kind_words

ROLE = "urn:pulumi:daily::skyclock-x::aws:iam/role:Role::daily-exec"
PIPE = "urn:pulumi:daily::skyclock-x::aws-native:sagemaker:Pipeline::daily"


@pytest.mark.parametrize(
    ("diagnostic", "code", "message"),
    [
        (
            "creating IAM Role (x): operation error IAM: CreateRole, https response error "
            "StatusCode: 409, RequestID: 0f-1, EntityAlreadyExists: Role with name x already "
            "exists.: provider=aws@7.51.1",
            "EntityAlreadyExists",
            "Role with name x already exists.",
        ),
        (
            "operation error Scheduler: CreateSchedule, https response error StatusCode: 403, "
            "RequestID: 0f-1, api error AccessDeniedException: User: u is not authorized",
            "AccessDeniedException",
            "User: u is not authorized",
        ),
        (
            "operation CREATE failed with \"AlreadyExists\": Resource of type 'T' already exists "
            "(RequestToken: 1-2, HandlerErrorCode: AlreadyExists)",
            "AlreadyExists",
            "Resource of type 'T' already exists",
        ),
        (
            "An error occurred (ValidationException) when calling the CreatePipeline operation "
            "(reached max retries: 4): Unable to parse: pipeline definition",
            "ValidationException",
            "Unable to parse: pipeline definition",
        ),
        (
            '1 error occurred:\n\t* Status=403 Code="AuthorizationFailed" Message="The client '
            "'x' may not perform action 'a/b'.\"",
            "AuthorizationFailed",
            "The client 'x' may not perform action 'a/b'.",
        ),
        (
            "PUT https://management.azure.com/subscriptions/x\n---\nRESPONSE 409: 409 Conflict\n"
            'ERROR CODE: DataFactoryNameInUse\n---\n{\n  "error": {\n    "code": '
            '"DataFactoryNameInUse",\n    "message": "The name is in use."\n  }\n}\n---',
            "DataFactoryNameInUse",
            "The name is in use.",
        ),
        ("no words of a cloud in here\n", "", "no words of a cloud in here"),
    ],
)
def test_the_clouds_own_words_are_found(diagnostic: str, code: str, message: str) -> None:
    words = cloud_words(diagnostic)
    assert (words.code, words.message) == (code, message)


def no_hint(code: str, message: str, said: str) -> Diagnosis:
    return Diagnosis()


def test_the_first_failed_resource_is_the_error() -> None:
    error = explain(
        [
            Failure("something of the whole"),
            Failure('operation CREATE failed with "Denied": no', PIPE, ResourceOp.CREATE),
            Failure("also", ROLE, ResourceOp.UPDATE),
        ],
        lambda code, message, said: Diagnosis(hint=f"{code}/{message}", kind=ErrorKind.PERMISSION),
    )
    assert error is not None
    assert (
        error.summary == "SageMaker pipeline daily could not be created, and 1 more failed (Denied)"
    )
    assert error.resource == PIPE
    assert error.cloud_message == "no"
    assert (error.hint, error.kind) == ("Denied/no", ErrorKind.PERMISSION)


def test_a_name_that_is_the_kind_is_said_once() -> None:
    urn = PIPE.replace("daily", "pipeline")
    error = explain([Failure("no", urn, ResourceOp.UPDATE)], no_hint)
    assert error is not None
    assert error.summary == "SageMaker pipeline could not be updated"


def test_a_fault_in_the_program_is_said_to_be_ours() -> None:
    error = explain([Failure("python inline source runtime error: 'steps'\nTraceback …")], no_hint)
    assert error is not None
    assert error.summary == "The pipeline's Pulumi program failed: 'steps'"
    assert "blueprint" in str(error.hint)


def test_a_plan_that_does_not_fit_asks_for_a_new_preview() -> None:
    error = explain([Failure(f"resource {ROLE} violates plan: properties changed", ROLE)], no_hint)
    assert error is not None
    assert error.hint == "Run a new preview and deploy that one."


def test_without_failures_there_is_nothing_to_explain() -> None:
    assert explain([], no_hint) is None


def test_a_provider_that_cannot_be_fetched_says_what_to_do() -> None:
    urn = "urn:pulumi:s::p::pulumi:providers:aws::default_7_51_1"
    text = "Could not automatically download and install resource plugin 'pulumi-resource-aws'"
    error = explain([Failure(text, urn)], no_hint)
    assert error is not None
    assert error.summary == "Pulumi's provider 'aws' could not be started"
    assert "reach it" in str(error.hint)
    denied = explain(
        [Failure("api error InvalidClientTokenId: bad", urn)], lambda c, m, s: Diagnosis(hint=c)
    )
    assert denied is not None
    assert denied.hint == "InvalidClientTokenId"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("aws:iam/role:Role", "IAM role"),
        ("aws:iam/rolePolicy:RolePolicy", "IAM role policy"),
        ("aws:s3/bucket:Bucket", "S3 bucket"),
        ("aws:scheduler/schedule:Schedule", "EventBridge schedule"),
        ("aws:cloudwatch/eventRule:EventRule", "EventBridge rule"),
        ("aws-native:sagemaker:Pipeline", "SageMaker pipeline"),
        ("azure-native:datafactory:Factory", "Data factory"),
        ("azure-native:resources:ResourceGroup", "Resource group"),
        ("gcp:storage/bucket:Bucket", "Cloud Storage bucket"),
        ("gcp:dataflow/pipeline:Pipeline", "Data pipeline"),
        ("aws:tiny/thing:Thing", "Thing"),
    ],
)
def test_kinds_of_resources_are_said_in_words(kind: str, words: str) -> None:
    assert kind_words(kind) == words

"""Errors of the SDK become ours, by code, and tell nothing of the credential."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)
from pydantic import SecretStr

from provisioning import clouds
from provisioning.clouds import cloud_errors
from provisioning.contracts import Access, Cloud, Credential
from provisioning.errors import (
    AlreadyExists,
    CloudAway,
    CloudError,
    NotFound,
    PermissionDenied,
    Throttled,
)


def raised(
    code: str, *, status: int = 400, call: str = "DescribePipeline", text: str = ""
) -> CloudError:
    answer = {
        "Error": {"Code": code, "Message": text or f"the cloud's words on {code}"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    with pytest.raises(CloudError) as caught, cloud_errors("read the pipeline"):
        raise ClientError(answer, call)
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind", "permanent"),
    [
        ("AccessDeniedException", PermissionDenied, True),
        ("ResourceNotFound", NotFound, True),
        ("NoSuchEntity", NotFound, True),
        ("EntityAlreadyExists", AlreadyExists, True),
        ("BucketAlreadyExists", AlreadyExists, True),
        ("ThrottlingException", Throttled, False),
        ("SlowDown", Throttled, False),
        ("InternalFailure", CloudAway, False),
        ("ValidationException", CloudError, True),
        ("ResourceLimitExceeded", CloudError, True),
    ],
)
def test_a_code_decides_what_it_is(code: str, kind: type[CloudError], permanent: bool) -> None:
    error = raised(code)
    assert type(error) is kind
    assert error.permanent is permanent
    assert (error.code, error.message) == (code, f"the cloud's words on {code}")
    assert error.operation == "read the pipeline"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, PermissionDenied), (404, NotFound), (429, Throttled), (503, CloudAway)],
)
def test_the_status_decides_for_unknown_codes(status: int, kind: type[CloudError]) -> None:
    assert type(raised(str(status), status=status)) is kind


def test_a_conflict_means_taken_only_where_something_is_created() -> None:
    assert type(raised("ConflictException", call="CreateSchedule")) is AlreadyExists
    assert type(raised("ConflictException", call="UpdateSchedule")) is CloudError


def test_refused_credentials_are_told_in_our_words_and_alone() -> None:
    text = "Authorization=AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/x, Signature=abc"
    error = raised("IncompleteSignature", text=text)
    assert isinstance(error, PermissionDenied)
    assert str(error) == "The secret access key does not belong to this access key ID."
    assert error.__cause__ is None and error.__suppress_context__
    assert "expired" in str(raised("ExpiredTokenException"))


def test_a_key_id_in_the_clouds_words_is_masked() -> None:
    error = raised("AccessDenied", text="User AKIAIOSFODNN7EXAMPLE is not authorized")
    assert str(error) == "User AKIA… is not authorized"


@pytest.mark.parametrize(
    "away",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_a_cloud_that_does_not_answer_is_away(away: Exception) -> None:
    sentence = "could not be reached to list the runs"
    with pytest.raises(CloudAway, match=sentence), cloud_errors("list the runs"):
        raise away


def test_a_call_that_the_sdk_refuses_is_permanent() -> None:
    with pytest.raises(CloudError) as caught, cloud_errors("list the runs"):
        raise ParamValidationError(report="Missing required parameter")
    assert caught.value.permanent


def test_a_cloud_that_repeats_the_credential_is_not_repeated() -> None:
    """Whatever the code: a refusal can quote the request that it refuses."""
    clouds.open_session(
        Access(
            cloud=Cloud.AWS, region="eu-west-1", account="111122223333",
            credential=Credential(
                method="access_keys",
                fields={
                    "access_key_id": SecretStr("AKIA111122223333ECHO"),
                    "secret_access_key": SecretStr("repeated/secret+key=0123456789"),
                },
            ),
        )
    )  # fmt: skip
    error = raised("ValidationException", text="bad: repeated/secret+key=0123456789, AKIA1")
    assert str(error) == error.message == "bad: [secret], AKIA1"

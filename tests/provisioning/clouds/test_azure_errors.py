"""Errors of Azure's SDKs become ours, by code, and tell nothing of the credential."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseTimeoutError,
)

from provisioning.clouds import cloud_errors
from provisioning.errors import (
    AlreadyExists,
    CloudAway,
    CloudError,
    InvalidInput,
    NotFound,
    PermissionDenied,
    Throttled,
)


class Answer:
    """A response as the SDK's transport hands it on."""

    def __init__(self, status: int, body: object, headers: dict[str, str]) -> None:
        self.status_code = status
        self.reason = "Because"
        self.headers = headers
        self._text = json.dumps(body) if body is not None else ""

    def text(self) -> str:
        return self._text


def answered(status: int, code: str) -> HttpResponseError:
    body = {"error": {"code": code, "message": f"the cloud's words on {code}"}}
    return HttpResponseError(response=Answer(status, body, {}))


def mapped(error: Exception) -> CloudError:
    with pytest.raises(CloudError) as caught, cloud_errors("read the trigger"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "kind", "permanent"),
    [
        (403, "AuthorizationFailed", PermissionDenied, True),
        (404, "ResourceNotFound", NotFound, True),
        (400, "EntityNotFound", NotFound, True),
        (409, "DataFactoryNameInUse", AlreadyExists, True),
        (409, "StorageAccountAlreadyTaken", AlreadyExists, True),
        (429, "TooManyRequests", Throttled, False),
        (503, "ServerBusy", Throttled, False),
        (500, "InternalServerError", CloudAway, False),
        (502, "SomethingNew", CloudAway, False),
        (400, "TriggerEnabledCannotUpdate", CloudError, True),
        (409, "Conflict", CloudError, True),
    ],
)
def test_a_code_decides_what_it_is(
    status: int, code: str, kind: type[CloudError], permanent: bool
) -> None:
    error = mapped(answered(status, code))
    assert type(error) is kind
    assert error.permanent is permanent
    assert (error.code, error.message) == (code, f"the cloud's words on {code}")
    assert error.operation == "read the trigger"


def test_storage_has_its_code_in_a_header() -> None:
    answer = Answer(404, None, {"x-ms-error-code": "BlobNotFound"})
    error = mapped(ResourceNotFoundError("The blob is not there.\nTime:…", response=answer))
    assert (type(error), error.code) == (NotFound, "BlobNotFound")
    assert error.message == "The blob is not there."


def test_without_a_code_the_status_decides() -> None:
    error = mapped(HttpResponseError(response=Answer(429, None, {})))
    assert (type(error), error.code) == (Throttled, "429")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("AADSTS7000215", "Paste the secret's value, not its ID."),
        ("AADSTS7000222", "has expired"),
        ("AADSTS700016", "no application of this client ID"),
        ("AADSTS90002", "no tenant of this ID"),
    ],
)
def test_refused_credentials_are_told_in_our_words_and_alone(code: str, sentence: str) -> None:
    error = mapped(ClientAuthenticationError(f"Authentication failed: {code}: xyz. Trace ID: 1"))
    assert isinstance(error, PermissionDenied) and error.code == code
    assert sentence in str(error)
    assert error.__cause__ is None and error.__suppress_context__


def test_other_refusals_of_entra_are_quoted() -> None:
    error = mapped(ClientAuthenticationError("Authentication failed: AADSTS50105: Not assigned."))
    assert (error.code, "Not assigned." in error.message) == ("AADSTS50105", True)


@pytest.mark.parametrize(
    "away", [ServiceRequestError("no route"), ServiceResponseTimeoutError("timed out")]
)
def test_a_cloud_that_does_not_answer_is_away(away: Exception) -> None:
    assert "could not be reached to read the trigger" in str(mapped(away))
    assert isinstance(mapped(away), CloudAway)


def test_a_sign_in_page_that_cannot_be_reached_is_no_refusal() -> None:
    refusal = ClientAuthenticationError("Authentication failed: no route")
    refusal.__cause__ = ServiceRequestError("no route")
    assert isinstance(mapped(refusal), CloudAway)


def test_errors_of_nobodys_sdk_pass_unchanged() -> None:
    ours = InvalidInput.at("name", "Too long.")
    with pytest.raises(InvalidInput) as caught, cloud_errors("read the trigger"):
        raise ours
    assert caught.value is ours
    with pytest.raises(ZeroDivisionError), cloud_errors("read the trigger"):
        _ = 1 // 0


def test_entering_aws_loads_nothing_of_azure() -> None:
    code = (
        "import sys\n"
        "from botocore.exceptions import NoRegionError\n"
        "from provisioning import clouds\n"
        "from provisioning.errors import CloudError\n"
        "try:\n"
        "    with clouds.cloud_errors('look'): raise NoRegionError()\n"
        "except CloudError: pass\n"
        "assert 'azure.core' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

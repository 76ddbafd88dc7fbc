"""Errors of Google's libraries become ours, by code, and tell nothing of the credential."""

from __future__ import annotations

import json
from typing import Any

import httplib2
import pytest
from google.api_core import exceptions as called
from google.auth.exceptions import DefaultCredentialsError, RefreshError, TransportError
from googleapiclient.errors import HttpError
from requests import Response
from requests.exceptions import ConnectTimeout

from provisioning.clouds import cloud_errors
from provisioning.errors import (
    AlreadyExists,
    CloudAway,
    CloudError,
    NotFound,
    PermissionDenied,
    Throttled,
)


def answered(status: int, error: dict[str, Any] | None) -> HttpError:
    content = json.dumps({"error": error}).encode() if error is not None else b"<html>"
    return HttpError(httplib2.Response({"status": status}), content, uri="https://x.example/y")


def mapped(error: Exception) -> CloudError:
    with pytest.raises(CloudError) as caught, cloud_errors("read the pipeline"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "kind", "permanent"),
    [
        (403, "PERMISSION_DENIED", PermissionDenied, True),
        (404, "NOT_FOUND", NotFound, True),
        (409, "ALREADY_EXISTS", AlreadyExists, True),
        (409, "ABORTED", CloudAway, False),
        (429, "RESOURCE_EXHAUSTED", Throttled, False),
        (503, "UNAVAILABLE", CloudAway, False),
        (504, "DEADLINE_EXCEEDED", CloudAway, False),
        (400, "INVALID_ARGUMENT", CloudError, True),
        (400, "FAILED_PRECONDITION", CloudError, True),
    ],
)
def test_a_code_decides_what_it_is(
    status: int, code: str, kind: type[CloudError], permanent: bool
) -> None:
    error = mapped(answered(status, {"code": status, "message": "Its words.", "status": code}))
    assert type(error) is kind
    assert error.permanent is permanent
    assert (error.code, error.message) == (code, "Its words.")
    assert error.operation == "read the pipeline"


def test_a_service_that_is_switched_off_says_so_by_its_code() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]
    said = {"code": 403, "message": "It is disabled.", "status": "PERMISSION_DENIED"}
    error = mapped(answered(403, {**said, "details": details}))
    assert (type(error), error.code) == (PermissionDenied, "SERVICE_DISABLED")


def test_storage_has_reasons_for_codes() -> None:
    reasons = [{"reason": "notFound", "domain": "global"}]
    error = mapped(answered(404, {"code": 404, "message": "No bucket.", "errors": reasons}))
    assert (type(error), error.code) == (NotFound, "notFound")
    taken = called.Conflict("It is yours already.", errors=[{"reason": "conflict"}])
    assert type(mapped(taken)) is AlreadyExists
    unmet = called.PreconditionFailed("There is one.", errors=[{"reason": "conditionNotMet"}])
    assert (type(mapped(unmet)), mapped(unmet).code) == (CloudError, "conditionNotMet")


def test_a_refused_upload_is_told_in_the_words_of_google() -> None:
    said = {"code": 403, "message": "No access.", "errors": [{"reason": "forbidden"}]}
    answer = Response()
    answer.status_code, answer._content = 403, json.dumps({"error": said}).encode()
    address = "POST https://storage.googleapis.com/upload/storage/v1/b/x/o"
    error = mapped(called.from_http_status(403, f"{address}: {answer.text}", response=answer))
    assert type(error) is PermissionDenied
    assert (error.code, error.message) == ("forbidden", "No access.")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, PermissionDenied), (404, NotFound), (429, Throttled), (502, CloudAway)],
)
def test_without_a_code_the_status_decides(status: int, kind: type[CloudError]) -> None:
    assert type(mapped(answered(status, None))) is kind


@pytest.mark.parametrize(
    "refused",
    [
        RefreshError("invalid_grant: Invalid JWT Signature.", {"error": "invalid_grant"}),
        DefaultCredentialsError("no credentials"),
        answered(401, {"code": 401, "message": "eyJhbGciOi…", "status": "UNAUTHENTICATED"}),
    ],
)
def test_refused_credentials_are_told_in_our_words(refused: Exception) -> None:
    error = mapped(refused)
    assert isinstance(error, PermissionDenied)
    assert str(error).startswith("Google does not accept the key of this connection")


def test_what_the_token_address_answered_is_not_passed_on() -> None:
    error = mapped(RefreshError("invalid_grant: eyJhbGciOi…", {"assertion": "eyJhbGciOi…"}))
    assert error.__cause__ is None and error.__suppress_context__


@pytest.mark.parametrize(
    "away",
    [
        TransportError("no route"),
        ConnectTimeout("no route"),
        called.RetryError("Timeout of 20.0s exceeded", cause=None),
        RefreshError("server_error", retryable=True),
    ],
)
def test_a_cloud_that_does_not_answer_is_away(away: Exception) -> None:
    assert isinstance(mapped(away), CloudAway)
    assert "could not be reached to read the pipeline" in str(mapped(away))


def test_a_token_in_the_clouds_words_is_masked() -> None:
    said = {"code": 400, "message": "Token ya29.a0AfH6SMB-x is odd", "status": "INVALID_ARGUMENT"}
    assert str(mapped(answered(400, said))) == "Token ya29… is odd"

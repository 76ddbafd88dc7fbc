"""Whose key signed a request, and whether it may still be used: AWS's answers to what is wrong.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.requests import AwsRequest
from provisioning.sandbox.aws.signatures import (
    Incomplete,
    Signature,
    body_is_other,
    is_right,
    read_signature,
)

_QUERY = ("iam", "sts")
_REST = ("lambda", "scheduler")
_LONGEST_PRESIGNED = 7 * 24 * 3600


@dataclass(frozen=True)
class Key:
    """An access key of the sandbox, and who has it."""

    caller: Caller
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires_at: float | None = None  # real time


def check_signature(request: AwsRequest, key: Key | None, *, now: float) -> Caller:
    """The caller, or AWS's error. `now` is real time as the cloud's clock shows it."""
    try:
        given = read_signature(request)
    except Incomplete as error:
        raise _incomplete(request, str(error)) from error
    _check_time(request, given, now)
    if key is None:
        raise _unknown_key(request)
    if key.token is not None and key.token != given.token:
        raise _invalid_token(request)
    if not is_right(request, given, secret=key.secret):
        raise _mismatch(request, _WRONG)
    if key.expires_at is not None and key.expires_at <= now:
        raise _expired(request)
    if request.service == "s3" and body_is_other(request):
        raise AwsError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
    return key.caller


_INVALID = "The security token included in the request is invalid."
_WRONG = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)


def _check_time(request: AwsRequest, given: Signature, now: float) -> None:
    if not given.moment.startswith(given.date):
        raise _mismatch(
            request,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{given.date}' != '{given.moment[:8]}', from '{given.moment}'.",
        )
    try:
        signed_at = given.signed_at
    except ValueError as error:  # month 13
        raise _incomplete(request, f"'{given.moment}' is not a date.") from error
    if request.service == "s3":
        _check_time_of_s3(given, signed_at, now)
        return
    minutes = 15 if request.service in _QUERY else 5
    lifetime = given.presigned_seconds or minutes * 60
    if signed_at + lifetime < now:
        raise _mismatch(
            request,
            f"Signature expired: {given.moment} is now earlier than {_moment(now - lifetime)} "
            f"({_moment(now)} - {lifetime // 60} min.)",
        )
    if signed_at - minutes * 60 > now:
        raise _mismatch(
            request,
            f"Signature not yet current: {given.moment} is still later than "
            f"{_moment(now + minutes * 60)} ({_moment(now)} + {minutes} min.)",
        )


def _check_time_of_s3(given: Signature, signed_at: float, now: float) -> None:
    seconds = given.presigned_seconds
    if seconds is None:
        if abs(signed_at - now) > 15 * 60:
            raise AwsError(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                status=403,
            )
        return
    if not 0 < seconds <= _LONGEST_PRESIGNED:
        raise AwsError(
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be between 1 and 604800 seconds",
        )
    if signed_at + seconds < now:
        raise AwsError("AccessDenied", "Request has expired", status=403)
    if signed_at - 15 * 60 > now:
        raise AwsError("AccessDenied", "Request is not valid yet", status=403)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def _incomplete(request: AwsRequest, message: str) -> AwsError:
    if request.service == "s3":
        return AwsError(
            "AuthorizationHeaderMalformed", f"The authorization header is malformed; {message}"
        )
    if _speaks_query(request):
        return AwsError("IncompleteSignature", message)
    return AwsError("IncompleteSignatureException", message)


def _unknown_key(request: AwsRequest) -> AwsError:
    if request.service == "s3":
        return AwsError(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            status=403,
        )
    return invalid_key(request)


def invalid_key(request: AwsRequest) -> AwsError:
    code = "InvalidClientTokenId" if _speaks_query(request) else "UnrecognizedClientException"
    return AwsError(code, _INVALID, status=403)


def _invalid_token(request: AwsRequest) -> AwsError:
    if request.service == "s3":
        return AwsError("InvalidToken", "The provided token is malformed or otherwise invalid.")
    return invalid_key(request)


def _expired(request: AwsRequest) -> AwsError:
    if request.service == "s3":
        return AwsError("ExpiredToken", "The provided token has expired.")
    message = "The security token included in the request is expired"
    if _speaks_query(request):
        return AwsError("ExpiredToken", message, status=403)
    status = 403 if request.service in _REST else 400
    return AwsError("ExpiredTokenException", message, status=status)


def _mismatch(request: AwsRequest, message: str) -> AwsError:
    if request.service == "s3":
        message = message.replace("AWS Secret Access Key", "key").partition(" Consult")[0]
        return AwsError("SignatureDoesNotMatch", message, status=403)
    if _speaks_query(request):
        return AwsError("SignatureDoesNotMatch", message, status=403)
    status = 403 if request.service in _REST else 400
    return AwsError("InvalidSignatureException", message, status=status)


def _speaks_query(request: AwsRequest) -> bool:
    form = request.content_type.startswith("application/x-www-form-urlencoded")
    return request.service in _QUERY or form

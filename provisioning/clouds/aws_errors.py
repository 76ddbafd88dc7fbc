"""Errors of AWS's SDK become Skyclock's."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from provisioning.clouds.errors import by_code
from provisioning.errors import (
    AlreadyExists,
    CloudAway,
    CloudError,
    NotFound,
    PermissionDenied,
    Throttled,
)

_DENIED = """AccessDenied AccessDeniedException UnauthorizedOperation UnauthorizedException
    NotAuthorized AuthorizationError Forbidden ForbiddenException OptInRequired
    InvalidIdentityToken InvalidIdentityTokenException IDPRejectedClaim IDPRejectedClaimException
    RegionDisabledException"""
_MISSING = """ResourceNotFound ResourceNotFoundException NotFound NotFoundException NoSuchEntity
    NoSuchBucket NoSuchKey NoSuchUpload QueueDoesNotExist AWS.SimpleQueueService.NonExistentQueue
    StateMachineDoesNotExist ExecutionDoesNotExist"""
_TAKEN = """EntityAlreadyExists BucketAlreadyExists BucketAlreadyOwnedByYou QueueAlreadyExists
    QueueNameExists ResourceExistsException ResourceAlreadyExistsException AlreadyExists
    AlreadyExistsException StateMachineAlreadyExists ExecutionAlreadyExists"""
_THROTTLED = """Throttling ThrottlingException ThrottledException RequestThrottled SlowDown
    RequestThrottledException TooManyRequestsException TooManyRequests RequestLimitExceeded
    BandwidthLimitExceeded ProvisionedThroughputExceededException PriorRequestNotComplete"""
_AWAY = """InternalFailure InternalServerError InternalServerException InternalError
    InternalServiceError InternalServiceException ServiceUnavailable ServiceUnavailableException
    ServiceException RequestTimeout RequestTimeoutException IDPCommunicationError
    IDPCommunicationErrorException"""

BY_CODE = by_code(denied=_DENIED, missing=_MISSING, taken=_TAKEN, throttled=_THROTTLED, away=_AWAY)

# Some services say ConflictException for a name that is taken and for two changes at once.
BY_OPERATION: dict[tuple[str, str], type[CloudError]] = {
    ("CreateSchedule", "ConflictException"): AlreadyExists,
    ("CreateScheduleGroup", "ConflictException"): AlreadyExists,
}

BY_STATUS: dict[int, type[CloudError]] = {
    401: PermissionDenied,
    403: PermissionDenied,
    404: NotFound,
    429: Throttled,
}

# The cloud refuses the credential itself. Its own words can quote the signed request with
# parts of the credential in it, so ours stand instead.
_UNKNOWN_KEY = "AWS does not know this access key, or it is inactive."
_WRONG_SECRET = "The secret access key does not belong to this access key ID."  # noqa: S105
_EXPIRED = "The session token of this connection has expired; store a new credential."
CREDENTIAL_SENTENCES: dict[str, str] = {
    "InvalidClientTokenId": _UNKNOWN_KEY,
    "UnrecognizedClientException": _UNKNOWN_KEY,
    "InvalidAccessKeyId": _UNKNOWN_KEY,
    "AuthFailure": _UNKNOWN_KEY,
    "MissingAuthenticationToken": _UNKNOWN_KEY,
    "SignatureDoesNotMatch": _WRONG_SECRET,
    "InvalidSignatureException": _WRONG_SECRET,
    "IncompleteSignature": _WRONG_SECRET,
    "IncompleteSignatureException": _WRONG_SECRET,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidToken": "AWS does not accept the session token of this connection.",
    "RequestExpired": "AWS finds this machine's clock wrong; set it right.",
    "RequestTimeTooSkewed": "AWS finds this machine's clock wrong; set it right.",
}

# Showing an identity token, nothing stored is wrong or old, so AWS's own words tell most.
TOKEN_CALLS = frozenset({"AssumeRoleWithWebIdentity"})
# The one thing that only the words tell: a signature of the wrong time has no code of its own.
_SKEWED = re.compile(r"Signature (expired|not yet current)")

_KEY_ID = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}\b")


def ours(error: Exception, operation: str) -> CloudError:
    """The error in our tree, its cause set to what may be shown of the SDK's."""
    if isinstance(error, ClientError):
        mapped = _from_answer(error, operation)
        mapped.__cause__ = None if mapped.code in CREDENTIAL_SENTENCES else error
        return mapped
    code = type(error).__name__
    if isinstance(error, HTTPClientError | ConnectionError):
        message = f"AWS could not be reached to {operation}: {error}"
        mapped = CloudAway(message, code=code, operation=operation)
    else:
        mapped = CloudError(_masked(str(error)), code=code, operation=operation)
    mapped.__cause__ = error
    return mapped


def _from_answer(error: ClientError, operation: str) -> CloudError:
    details: dict[str, Any] = error.response.get("Error", {})
    code = str(details.get("Code", ""))
    message = _masked(str(details.get("Message") or code or "AWS gave no reason."))
    if error.operation_name in TOKEN_CALLS and code.startswith("ExpiredToken"):
        said = f"The identity token has expired, or this machine's clock is wrong. {message}"
        return PermissionDenied(said, code=code, operation=operation)
    if code in CREDENTIAL_SENTENCES:
        said = CREDENTIAL_SENTENCES["RequestExpired" if _SKEWED.search(message) else code]
        return PermissionDenied(said, code=code, operation=operation)
    kind = _kind(code, error.operation_name, _status(error))
    return kind(message, code=code, operation=operation)


def _kind(code: str, call: str, status: int) -> type[CloudError]:
    known = BY_OPERATION.get((call, code)) or BY_CODE.get(code) or BY_STATUS.get(status)
    return known or (CloudAway if status >= 500 else CloudError)


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _masked(text: str) -> str:
    return _KEY_ID.sub(r"\1…", text)

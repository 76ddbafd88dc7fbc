"""Errors of Azure's SDKs become Skyclock's."""

from __future__ import annotations

import re

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from provisioning.clouds.errors import by_code
from provisioning.errors import (
    CloudAway,
    CloudError,
    NotFound,
    PermissionDenied,
    Throttled,
)

_DENIED = """AuthorizationFailed LinkedAuthorizationFailed AuthenticationFailed Forbidden
    Unauthorized InvalidAuthenticationToken InvalidAuthenticationTokenTenant AuthorizationFailure
    ExpiredAuthenticationToken AuthorizationPermissionMismatch InsufficientAccountPermissions
    InvalidAuthenticationInfo NoAuthenticationInformation KeyBasedAuthenticationNotPermitted
    RequestDisallowedByPolicy"""
_MISSING = """ResourceNotFound ResourceGroupNotFound ParentResourceNotFound NotFound
    SubscriptionNotFound EntityNotFound FactoryNotFound PipelineNotFound TriggerNotFound
    PipelineRunNotFound TriggerRunNotFound ContainerNotFound BlobNotFound RoleAssignmentNotFound"""
_TAKEN = """FactoryNameInUse DataFactoryNameInUse StorageAccountAlreadyTaken ResourceExists
    StorageAccountAlreadyExists ContainerAlreadyExists BlobAlreadyExists AccountAlreadyExists
    RoleAssignmentExists NameUnavailable"""
_THROTTLED = """TooManyRequests SubscriptionRequestsThrottled OperationThrottled ServerBusy
    RateLimitExceeded"""
_AWAY = """InternalServerError InternalError ServiceUnavailable GatewayTimeout ServerTimeout
    OperationTimedOut ServerOverloaded"""

BY_CODE = by_code(denied=_DENIED, missing=_MISSING, taken=_TAKEN, throttled=_THROTTLED, away=_AWAY)

BY_STATUS: dict[int, type[CloudError]] = {
    401: PermissionDenied,
    403: PermissionDenied,
    404: NotFound,
    408: CloudAway,
    429: Throttled,
}

# Microsoft Entra refuses the credential itself. It has its code at the head of its words only:
# https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
_ENTRA = re.compile(r"\bAADSTS(\d+)")
_WRONG_SECRET = "The client secret does not belong to this application."  # noqa: S105
_NO_TENANT = "Microsoft Entra knows no tenant of this ID."
CREDENTIAL_SENTENCES: dict[str, str] = {
    "AADSTS7000215": f"{_WRONG_SECRET} Paste the secret's value, not its ID.",
    "AADSTS7000222": "The client secret of this connection has expired; store a new one.",
    "AADSTS700016": "The tenant has no application of this client ID.",
    "AADSTS7000112": "The application of this connection is disabled.",
    "AADSTS90002": _NO_TENANT,
    "AADSTS900021": _NO_TENANT,
    "AADSTS900023": _NO_TENANT,
    "AADSTS53003": "The tenant's conditional access keeps this application out.",
    "AADSTS7000229": "The application has no service principal in the tenant.",
}

# What else keeps out, said with Entra's own words, which tell what it was shown.
_UNTRUSTED = (
    "No federated credential of the application fits the issuer, subject and audience of this "
    "connection."
)
QUOTED: dict[str, str] = {
    "AADSTS700027": "The application does not know this connection's certificate.",
    "AADSTS700024": "This machine's clock is wrong, or what it signed is too old.",
    "AADSTS50027": "Microsoft Entra cannot read what this connection shows it.",
    "AADSTS70021": _UNTRUSTED,
    "AADSTS700211": _UNTRUSTED,
    "AADSTS700212": _UNTRUSTED,
    "AADSTS700213": _UNTRUSTED,
    "AADSTS700223": _UNTRUSTED,
    "AADSTS70025": "The application trusts no identity token: it has no federated credential.",
}
PASSING: dict[str, type[CloudError]] = {
    "AADSTS90033": CloudAway,
    "AADSTS90055": Throttled,
    "AADSTS50196": Throttled,
}
_TRACE = re.compile(r"\s*Trace ID: .*", re.DOTALL)


def ours(error: Exception, operation: str) -> CloudError:
    """The error in our tree, its cause set to what may be shown of the SDK's."""
    mapped = _mapped(error, operation)
    mapped.__cause__ = None if mapped.code in CREDENTIAL_SENTENCES else error
    return mapped


def _mapped(error: Exception, operation: str) -> CloudError:
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return _away(error, operation)
    # azure-identity says "authentication failed" of a sign-in page that it could not reach, too.
    if isinstance(error.__cause__, ServiceRequestError | ServiceResponseError):
        return _away(error.__cause__, operation)
    if isinstance(error, ClientAuthenticationError) and _is_entras(error):
        return _refused_by_entra(error, operation)
    if isinstance(error, HttpResponseError):
        return _from_answer(error, operation)
    return CloudError(str(error), code=type(error).__name__, operation=operation)


def _away(error: AzureError, operation: str) -> CloudError:
    message = f"Azure could not be reached to {operation}: {error.message}"
    return CloudAway(message, code=type(error).__name__, operation=operation)


def _refused_by_entra(error: ClientAuthenticationError, operation: str) -> CloudError:
    found = _ENTRA.search(error.message)
    code = found[0] if found else "AuthenticationFailed"
    words = _TRACE.sub("", error.message.splitlines()[0])
    said = CREDENTIAL_SENTENCES.get(code) or " ".join(filter(None, (QUOTED.get(code), words)))
    kind = PASSING.get(code, PermissionDenied)
    return kind(said, code=code, operation=operation)


def _is_entras(error: ClientAuthenticationError) -> bool:
    return error.response is None or bool(_ENTRA.search(error.message))


def _from_answer(error: HttpResponseError, operation: str) -> CloudError:
    status, code = error.status_code or 0, _code(error)
    known = BY_CODE.get(code) or BY_STATUS.get(status)
    kind = known or (CloudAway if status >= 500 else CloudError)
    return kind(_message(error), code=code or str(status), operation=operation)


def _code(error: HttpResponseError) -> str:
    """The data planes of Storage have it as `error_code`, Resource Manager in the body."""
    if code := getattr(error, "error_code", None):
        return str(getattr(code, "value", code))
    if error.error and error.error.code:
        return str(error.error.code)
    headers = getattr(error.response, "headers", {})
    return str(headers.get("x-ms-error-code", ""))


def _message(error: HttpResponseError) -> str:
    if error.error and error.error.message:
        return str(error.error.message).strip()
    # Storage appends the request's id and time, line by line.
    return (error.message or "Azure gave no reason.").splitlines()[0]

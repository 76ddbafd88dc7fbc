"""Errors of Google's libraries become ours, by Google's canonical codes."""

from __future__ import annotations

import json
import re
from typing import Any

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.exceptions import GoogleAuthError, OAuthError, RefreshError, TransportError
from googleapiclient.errors import HttpError
from requests.exceptions import RequestException

from provisioning.clouds.errors import by_code
from provisioning.errors import (
    AlreadyExists,
    CloudAway,
    CloudError,
    NotFound,
    PermissionDenied,
    Throttled,
)

# https://google.aip.dev/193, and the reasons of the older JSON APIs (Cloud Storage).
_DENIED = """PERMISSION_DENIED UNAUTHENTICATED SERVICE_DISABLED IAM_PERMISSION_DENIED
    BILLING_DISABLED forbidden required authError"""
_MISSING = "NOT_FOUND notFound"
_TAKEN = "ALREADY_EXISTS conflict"
_THROTTLED = "RESOURCE_EXHAUSTED RATE_LIMIT_EXCEEDED rateLimitExceeded userRateLimitExceeded"
_AWAY = "UNAVAILABLE INTERNAL DEADLINE_EXCEEDED ABORTED backendError internalError"

BY_CODE = by_code(denied=_DENIED, missing=_MISSING, taken=_TAKEN, throttled=_THROTTLED, away=_AWAY)
BY_STATUS: dict[int, type[CloudError]] = {
    401: PermissionDenied,
    403: PermissionDenied,
    404: NotFound,
    409: AlreadyExists,
    429: Throttled,
}
# Of a PERMISSION_DENIED these say more than the code does.
TELLING = frozenset({"SERVICE_DISABLED", "BILLING_DISABLED", "RATE_LIMIT_EXCEEDED"})

_REFUSED_KEY = (
    "Google does not accept the key of this connection: it was deleted, its service account is "
    "disabled, or this machine's clock is wrong."
)
# The token addresses' own codes for what passes by itself.
PASSING = frozenset({"internal_failure", "server_error", "temporarily_unavailable"})
_SKEW = "in a reasonable timeframe"  # the only sign of it that Google gives
_TOKEN = re.compile(r"\bya29\.[\w.-]+")


def ours(error: Exception, operation: str) -> CloudError:
    """`__cause__` is left out where the library's words could quote the credential."""
    if isinstance(error, HttpError):
        return _caused(_answered(_body(error), error.status_code, operation), error)
    if isinstance(error, GoogleAPICallError):
        return _caused(_called(error, operation), error)
    if isinstance(error, RefreshError | OAuthError) and not error.retryable:
        return _not_let_in(error, operation)
    if isinstance(error, GoogleAuthError) and not isinstance(error, TransportError | RefreshError):
        return _refused(operation)
    if isinstance(error, RetryError | RequestException | TransportError | RefreshError):
        message = f"Google could not be reached to {operation}: {_masked(str(error))}"
        away = CloudAway(message, code=type(error).__name__, operation=operation)
        return away if isinstance(error, RefreshError) else _caused(away, error)
    code = type(error).__name__
    return _caused(CloudError(_masked(str(error)), code=code, operation=operation), error)


def _not_let_in(error: GoogleAuthError, operation: str) -> CloudError:
    """Refused by an address for tokens: in its own words, which name no more than who asked."""
    body = _told(error.args[1] if len(error.args) > 1 else None)
    found = body.get("error")
    if isinstance(found, dict):  # the address of impersonation answers as the other services
        return _answered(found, int(found.get("code") or 403), operation)
    code, said = str(found or ""), str(body.get("error_description") or "")
    if code in PASSING:
        message = f"Google could not be reached to {operation}: {_masked(said or code)}"
        return CloudAway(message, code=code, operation=operation)
    if not said:
        return _refused(operation)
    hint = " Set this machine's clock right." if _SKEW in said else ""
    message = f"Google does not let this connection in: {_masked(said)}{hint}"
    return PermissionDenied(message, code=code, operation=operation)


def _told(answer: Any) -> dict[str, Any]:
    try:
        found = json.loads(answer) if isinstance(answer, str | bytes) else answer
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refused(operation: str) -> PermissionDenied:
    return PermissionDenied(_REFUSED_KEY, code="UNAUTHENTICATED", operation=operation)


def _called(error: GoogleAPICallError, operation: str) -> CloudError:
    """Cloud Storage's library puts the address before the message, and of an upload the raw
    answer after it: what Google itself said is in the answer."""
    said = _told(getattr(error.response, "content", None)).get("error")
    body = {"message": error.message, "errors": error.errors, "details": error.details}
    return _answered(said if isinstance(said, dict) else body, int(error.code or 0), operation)


def _answered(body: dict[str, Any], status: int, operation: str) -> CloudError:
    code = _code(body) or str(status)
    if code == "UNAUTHENTICATED" or status == 401:
        return _refused(operation)
    message = _masked(str(body.get("message") or code))
    kind = BY_CODE.get(code) or BY_STATUS.get(status)
    kind = kind or (CloudAway if status >= 500 else CloudError)
    return kind(message, code=code, operation=operation)


def _code(body: dict[str, Any]) -> str:
    reasons = [str(each.get("reason", "")) for each in _tables(body, "details")]
    telling = next((reason for reason in reasons if reason in TELLING), "")
    older = next((str(each.get("reason", "")) for each in _tables(body, "errors")), "")
    return telling or str(body.get("status") or "") or older


def _tables(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [each for each in body.get(name) or () if isinstance(each, dict)]


def _body(error: HttpError) -> dict[str, Any]:
    try:
        found = json.loads(error.content).get("error", {})
    except (ValueError, AttributeError):
        found = {}
    return found if isinstance(found, dict) else {"message": str(found)}


def _caused(mapped: CloudError, error: Exception) -> CloudError:
    mapped.__cause__ = error
    return mapped


def _masked(text: str) -> str:
    return _TOKEN.sub("ya29…", text)

"""Errors as Google's APIs word them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from provisioning.sandbox.rest import Dialect, RestError, RestRequest, RestResponse

STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
# google.rpc.Code, as it stands in operations, jobs and logs.
NUMBERS = {
    "CANCELLED": 1,
    "UNKNOWN": 2,
    "INVALID_ARGUMENT": 3,
    "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "OUT_OF_RANGE": 11,
    "UNIMPLEMENTED": 12,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}


def refusal(code: str, message: str, *, details: Sequence[dict[str, Any]] = ()) -> RestError:
    """By Google's canonical code, such as "ALREADY_EXISTS"."""
    return RestError(STATUS.get(code, 400), code, message, details=list(details))


def oauth_refusal(code: str, message: str, *, status: int = 400) -> RestError:
    """Of the token endpoints, whose errors have OAuth's form: "invalid_grant"."""
    return RestError(status, code, message, oauth=True)


def error_info(reason: str, domain: str, **metadata: str) -> dict[str, Any]:
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return {"@type": kind, "reason": reason, "domain": domain, "metadata": metadata}


def rpc_status(error: RestError) -> dict[str, Any]:
    """The error as operations and jobs keep it: google.rpc.Status."""
    number = NUMBERS.get(error.code, NUMBERS["UNKNOWN"])
    details = error.more.get("details")
    return {"code": number, "message": error.message, **({"details": details} if details else {})}


# By the address of its metadata it is known who asks; for a token one shows something else.
_OPEN = ("/metadata/", "/oauth2/token", "/sts/v1/token")


class GoogleDialect(Dialect):
    cloud: Literal["azure", "google"] = "google"

    def error(self, error: RestError) -> RestResponse:
        if error.more.get("oauth"):
            said = {"error": error.code, "error_description": error.message}
            return RestResponse(error.status, said)
        detail: dict[str, Any] = {"code": error.status, "message": error.message}
        if reason := error.more.get("reason"):  # the older form, which Cloud Storage has
            one = {"message": error.message, "domain": "global", "reason": reason}
            detail["errors"] = [one]
        else:
            detail["status"] = error.code
            if details := error.more.get("details"):
                detail["details"] = details
        return RestResponse(error.status, {"error": detail}, error.more.get("headers", {}))

    def require_caller(self, request: RestRequest) -> None:
        if request.path.startswith(_OPEN):
            return
        if not request.headers.get("authorization"):
            message = (
                "Request is missing required authentication credential. Expected OAuth 2 access "
                "token, login cookie or other valid authentication credential. See "
                "https://developers.google.com/identity/sign-in/web/devconsole-project."
            )
            raise refusal("UNAUTHENTICATED", message)

    def not_found(self, request: RestRequest) -> RestError:
        return refusal(
            "UNIMPLEMENTED", f"The sandbox does not simulate {request.method} {request.path}."
        )

    def throttled(self) -> RestError:
        message = (
            "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of "
            "service 'googleapis.com'."
        )
        info = error_info("RATE_LIMIT_EXCEEDED", "googleapis.com")
        return refusal("RESOURCE_EXHAUSTED", message, details=[info])

    def refused(self, code: str, message: str) -> RestError:
        return refusal(code if code in STATUS else "PERMISSION_DENIED", message)

    def failed(self) -> RestError:
        return refusal("INTERNAL", "The sandbox failed; its log says why.")

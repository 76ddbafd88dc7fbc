"""Errors as Google's APIs word them."""

from __future__ import annotations

from typing import Literal

from provisioning.sandbox.rest import Dialect, RestError, RestRequest, RestResponse

STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}


def refusal(code: str, message: str) -> RestError:
    """By Google's canonical code, such as "ALREADY_EXISTS"."""
    return RestError(STATUS.get(code, 400), code, message)


class GoogleDialect(Dialect):
    cloud: Literal["azure", "google"] = "google"

    def error(self, error: RestError) -> RestResponse:
        detail = {
            "code": error.status,
            "message": error.message,
            "status": error.code,
            "errors": [{"message": error.message, "domain": "global", "reason": error.code}],
        }
        return RestResponse(error.status, {"error": detail})

    def require_caller(self, request: RestRequest) -> None:
        if not request.headers.get("authorization"):
            message = "Request is missing required authentication credential."
            raise refusal("UNAUTHENTICATED", message)

    def not_found(self, request: RestRequest) -> RestError:
        return refusal(
            "UNIMPLEMENTED", f"The sandbox does not simulate {request.method} {request.path}."
        )

    def throttled(self) -> RestError:
        return refusal("RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Requests'.")

    def refused(self, code: str, message: str) -> RestError:
        return refusal(code or "PERMISSION_DENIED", message)

    def failed(self) -> RestError:
        return refusal("INTERNAL", "The sandbox failed; its log says why.")

"""Errors as Azure Resource Manager words them."""

from __future__ import annotations

from typing import Literal

from provisioning.sandbox.rest import Dialect, RestError, RestRequest, RestResponse


class AzureDialect(Dialect):
    cloud: Literal["azure", "google"] = "azure"

    def error(self, error: RestError) -> RestResponse:
        detail = {"code": error.code, "message": error.message, **error.more}
        headers = {"x-ms-error-code": error.code}
        if error.status == 429:
            headers["Retry-After"] = "1"
        return RestResponse(error.status, {"error": detail}, headers)

    def require_caller(self, request: RestRequest) -> None:
        if not request.headers.get("authorization"):
            message = "Authentication failed. The 'Authorization' header is missing."
            raise RestError(401, "AuthenticationFailed", message)

    def not_found(self, request: RestRequest) -> RestError:
        message = f"The sandbox does not simulate {request.method} {request.path}."
        return RestError(404, "InvalidResourceType", message)

    def throttled(self) -> RestError:
        message = "Number of requests exceeded the limit. Please try again after 1 seconds."
        return RestError(429, "TooManyRequests", message)

    def refused(self, code: str, message: str) -> RestError:
        return RestError(403, code or "AuthorizationFailed", message)

    def failed(self) -> RestError:
        return RestError(500, "InternalServerError", "The sandbox failed; its log says why.")

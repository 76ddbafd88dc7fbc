"""Errors as Azure Resource Manager words them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Literal

from provisioning.sandbox.azure.arm.resources import TENANT
from provisioning.sandbox.azure.entra.audiences import ARM
from provisioning.sandbox.azure.entra.callers import Callers, WrongAudience
from provisioning.sandbox.azure.entra.tokens import BadToken, ExpiredToken
from provisioning.sandbox.rest import Dialect, RestError, RestRequest, RestResponse


class AzureDialect(Dialect):
    cloud: Literal["azure", "google"] = "azure"

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    def error(self, error: RestError) -> RestResponse:
        detail = {"code": error.code, "message": error.message, **error.more}
        headers = {"x-ms-error-code": error.code}
        if error.status == 429:
            headers["Retry-After"] = "1"
        if error.status == 401:
            headers["WWW-Authenticate"] = _challenge(error)
        return RestResponse(error.status, {"error": detail}, headers)

    def require_caller(self, request: RestRequest) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not token:
            message = "Authentication failed. The 'Authorization' header is missing."
            raise RestError(401, "AuthenticationFailed", message)
        if scheme.lower() != "bearer":
            message = f"The authentication scheme '{scheme}' is not supported."
            raise RestError(401, "AuthenticationFailedInvalidHeader", message)
        try:
            self._callers.of(token, ARM)
        except ExpiredToken as error:
            message = (
                f"The access token expiry UTC time '{_american(error.ended)}' is earlier than "
                f"current UTC time '{_american(time.time())}'."
            )
            raise RestError(401, "ExpiredAuthenticationToken", message) from error
        except WrongAudience as error:
            message = (
                "The access token has been obtained for wrong audience or resource "
                f"'{error.audience}'. It should exactly match with one of the allowed audiences "
                f"{_ALLOWED}."
            )
            raise RestError(401, "InvalidAuthenticationToken", message) from error
        except BadToken as error:
            message = "The access token is invalid."
            raise RestError(401, "InvalidAuthenticationToken", message) from error

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


_ALLOWED = ",".join(f"'{each}{tail}'" for each in ARM for tail in ("", "/"))


def _challenge(error: RestError) -> str:
    """Where a token is to be had, and what was wrong with the one that was sent."""
    known = {
        "ExpiredAuthenticationToken": "The access token expired.",
        "InvalidAuthenticationToken": "The access token is invalid.",
    }
    where = f'Bearer authorization_uri="https://login.windows.net/{TENANT}"'
    described = known.get(error.code, "The authentication failed because of missing header.")
    return f'{where}, error="invalid_token", error_description="{described}"'


def _american(seconds: float) -> str:
    """As .NET writes a time where nobody has said how."""
    found = datetime.fromtimestamp(seconds, UTC)
    return f"{found.month}/{found.day}/{found.year} {found.hour % 12 or 12}:{found:%M:%S %p}"

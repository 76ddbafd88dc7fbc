"""Errors as Microsoft Graph words them, and who may call it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Literal

from provisioning.sandbox.azure.entra.audiences import GRAPH
from provisioning.sandbox.azure.entra.callers import Callers, WrongAudience
from provisioning.sandbox.azure.entra.tokens import BadToken, ExpiredToken
from provisioning.sandbox.rest import Dialect, RestError, RestRequest, RestResponse


class GraphDialect(Dialect):
    cloud: Literal["azure", "google"] = "azure"

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    def error(self, error: RestError) -> RestResponse:
        id = str(uuid.uuid4())
        inner = {"date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}", "request-id": id,
                 "client-request-id": id}  # fmt: skip
        body = {"code": error.code, "message": error.message, "innerError": inner}
        headers = {"request-id": id}
        if error.status == 429:
            headers["Retry-After"] = "1"
        return RestResponse(error.status, {"error": body}, headers)

    def require_caller(self, request: RestRequest) -> None:
        """The administrator of a subscription; the sandbox gives applications no permission in
        Graph, as a tenant gives them none by itself."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise RestError(401, "InvalidAuthenticationToken", "Access token is empty.")
        try:
            caller = self._callers.of(token, GRAPH)
        except ExpiredToken as error:
            message = "Lifetime validation failed, the token is expired."
            raise RestError(401, "InvalidAuthenticationToken", message) from error
        except WrongAudience as error:
            message = "Access token validation failure. Invalid audience."
            raise RestError(401, "InvalidAuthenticationToken", message) from error
        except BadToken as error:
            message = "Invalid token: it is none of this tenant."
            raise RestError(401, "InvalidAuthenticationToken", message) from error
        if not caller.administers:
            message = "Insufficient privileges to complete the operation."
            raise RestError(403, "Authorization_RequestDenied", message)

    def not_found(self, request: RestRequest) -> RestError:
        message = f"The sandbox does not simulate {request.method} {request.path}."
        return RestError(400, "BadRequest", message)

    def throttled(self) -> RestError:
        return RestError(429, "TooManyRequests", "Too many requests.")

    def refused(self, code: str, message: str) -> RestError:
        return RestError(403, code or "Authorization_RequestDenied", message)

    def failed(self) -> RestError:
        return RestError(500, "InternalServerError", "The sandbox failed; its log says why.")


def no_object(id: str) -> RestError:
    message = (
        f"Resource '{id}' does not exist or one of its queried reference-property objects are not "
        "present."
    )
    return RestError(404, "Request_ResourceNotFound", message)


def bad_request(message: str) -> RestError:
    return RestError(400, "Request_BadRequest", message)

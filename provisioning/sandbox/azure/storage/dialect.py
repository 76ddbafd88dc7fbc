"""Errors as the blob service words them: in XML."""

from __future__ import annotations

from typing import Literal
from xml.sax.saxutils import escape

from provisioning.sandbox.azure.arm.resources import TENANT
from provisioning.sandbox.rest import Dialect, RestError, RestRequest, RestResponse

XML = '<?xml version="1.0" encoding="utf-8"?>'


class BlobDialect(Dialect):
    cloud: Literal["azure", "google"] = "azure"

    def error(self, error: RestError) -> RestResponse:
        headers = {"x-ms-error-code": error.code, "Content-Type": "application/xml"}
        if error.status == 304:
            return RestResponse(304, None, headers)
        if error.status == 429:
            headers["Retry-After"] = "1"
        if error.status == 401:
            where = f"authorization_uri=https://login.microsoftonline.com/{TENANT}/oauth2/authorize"
            headers["WWW-Authenticate"] = f"Bearer {where} resource_id=https://storage.azure.com"
        code, message = escape(error.code), escape(error.message)
        text = f"{XML}<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return RestResponse(error.status, text.encode(), headers)

    def require_caller(self, request: RestRequest) -> None:
        """Who may read what depends on the account and the container: looked at there."""

    def not_found(self, request: RestRequest) -> RestError:
        message = f"The sandbox does not simulate {request.method} {request.path}."
        return RestError(400, "UnsupportedOperation", message)

    def throttled(self) -> RestError:
        return RestError(503, "ServerBusy", "The server is busy.")

    def refused(self, code: str, message: str) -> RestError:
        return RestError(403, code or "AuthorizationFailure", message)

    def failed(self) -> RestError:
        return RestError(500, "InternalError", "The sandbox failed; its log says why.")

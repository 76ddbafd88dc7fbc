"""Entra's refusals, in its codes and words.

https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import Literal

from provisioning.sandbox.rest import Dialect, RestError, RestRequest, RestResponse

_FEDERATION = (
    "Check your federated identity credential Subject, Audience and Issuer against the presented "
    "assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)
_CERTIFICATES = (
    "Review the documentation at "
    "https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
)


class EntraDialect(Dialect):
    """Errors of OAuth, each with its number in its description."""

    cloud: Literal["azure", "google"] = "azure"

    def error(self, error: RestError) -> RestResponse:
        number, now = error.more.get("number", 90033), time.time()
        said = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%SZ}"
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        description = (
            f"AADSTS{number}: {error.message} Trace ID: {trace} Correlation ID: {correlation} "
            f"Timestamp: {said}"
        )
        body = {
            "error": error.code,
            "error_description": description,
            "error_codes": [number],
            "timestamp": said,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        }
        headers = {"Cache-Control": "no-store", "x-ms-request-id": trace}
        if error.status == 429:
            headers["Retry-After"] = "1"
        return RestResponse(error.status, body, headers)

    def require_caller(self, request: RestRequest) -> None:
        """Whoever asks here has no token yet."""

    def not_found(self, request: RestRequest) -> RestError:
        message = f"The sandbox does not simulate {request.method} {request.path}."
        return RestError(404, "invalid_request", message, number=9001023)

    def throttled(self) -> RestError:
        message = "Request was throttled according to policy, too many requests."
        return RestError(429, "temporarily_unavailable", message, number=90055)

    def refused(self, code: str, message: str) -> RestError:
        return RestError(401, code or "invalid_client", message, number=7000112)

    def failed(self) -> RestError:
        message = "The sandbox failed; its log says why."
        return RestError(503, "temporarily_unavailable", message, number=90033)


def invalid_client(number: int, message: str) -> RestError:
    return RestError(401, "invalid_client", message, number=number)


def invalid_request(number: int, message: str, *, code: str = "invalid_request") -> RestError:
    return RestError(400, code, message, number=number)


def no_tenant(name: str) -> RestError:
    message = (
        f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. Check with your subscription administrator, this may "
        "happen if there are no active subscriptions for the tenant."
    )
    return invalid_request(90002, message)


def no_application(app_id: str) -> RestError:
    message = (
        f"Application with identifier '{app_id}' was not found in the directory 'Sandbox'. This "
        "can happen if the application has not been installed by the administrator of the tenant "
        "or consented to by any user in the tenant. You may have sent your authentication request "
        "to the wrong tenant."
    )
    return invalid_request(700016, message, code="unauthorized_client")


def no_principal(app_id: str, tenant: str) -> RestError:
    message = (
        f"The client application {app_id} is missing service principal in the tenant {tenant}. "
        "See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
    )
    return RestError(401, "unauthorized_client", message, number=7000229)


def disabled(app_id: str, name: str) -> RestError:
    message = f"Application '{app_id}'({name}) is disabled."
    return RestError(401, "unauthorized_client", message, number=7000112)


def wrong_secret(app_id: str) -> RestError:
    message = (
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        f"secret value, not the client secret ID, for a secret added to app '{app_id}'."
    )
    return invalid_client(7000215, message)


def expired_secret(app_id: str) -> RestError:
    message = (
        f"The provided client secret keys for app '{app_id}' are expired. Visit the Azure portal "
        "to create new keys for your app: https://aka.ms/NewClientSecret, or consider using "
        "certificate credentials for added security: https://aka.ms/certCreds."
    )
    return invalid_client(7000222, message)


def malformed_assertion(why: str) -> RestError:
    return invalid_client(50027, f"JWT token is invalid or malformed. {why}")


def unknown_certificate(app_id: str, thumbprint: str, reason: str) -> RestError:
    message = (
        "The certificate with identifier used to sign the client assertion is not registered on "
        f"application. [Reason - {reason}, Thumbprint of key used by client: '{thumbprint}', "
        "Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured "
        f"keys for app Id '{app_id}'.]"
    )
    return invalid_client(700027, message)


def wrong_signature(thumbprint: str) -> RestError:
    message = (
        "Client assertion failed signature validation. [Reason - Key was found, but use of the "
        "key to verify the signature failed., Thumbprint of key used by client: "
        f"'{thumbprint}'.]"
    )
    return invalid_client(700027, message)


def outside_its_time(*, now: float, begins: float, ends: float) -> RestError:
    message = (
        "Client assertion is not within its valid time range. Current time: "
        f"{_written(now)}, assertion valid from {_written(begins)}, expiry time of assertion "
        f"{_written(ends)}. {_CERTIFICATES}"
    )
    return invalid_client(700024, message)


def wrong_audience() -> RestError:
    message = f"Client assertion audience claim does not match Realm issuer. {_CERTIFICATES}"
    return invalid_client(700023, message)


def wrong_subject() -> RestError:
    message = (
        "Client assertion application identifier doesn't match 'client_id' parameter. "
        f"{_CERTIFICATES}"
    )
    return invalid_client(700021, message)


def no_federated(number: int, what: str, value: str, *, hint: str = "") -> RestError:
    message = (
        f"No matching federated identity record found for presented assertion {what} '{value}'. "
        f"{hint}{_FEDERATION}"
    )
    return invalid_client(number, message)


def _written(seconds: float) -> str:
    time = datetime.fromtimestamp(max(0.0, min(seconds, 253402300799.0)), UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond:06d}0Z"

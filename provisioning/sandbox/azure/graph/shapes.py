"""Directory objects as Graph tells them, and what is read of the bodies that it gets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from provisioning.sandbox.azure.arm.resources import TENANT
from provisioning.sandbox.azure.entra.records import (
    Application,
    Certificate,
    Federated,
    Password,
    ServicePrincipal,
)
from provisioning.sandbox.azure.graph.dialect import bad_request
from provisioning.sandbox.azure.times import seconds_of, short
from provisioning.sandbox.rest import RestRequest


def body_of(request: RestRequest) -> dict[str, Any]:
    try:
        return request.json()
    except ValueError as error:
        raise bad_request("Unable to read JSON request payload.") from error


def text_of(body: dict[str, Any], name: str, *, most: int) -> str:
    """Raises RestError where it is missing."""
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= most:
        message = f"A value is required for property '{name}', a text of up to {most} characters."
        raise bad_request(message)
    return value


def time_of(body: dict[str, Any], name: str, otherwise: float) -> float:
    value = body.get(name)
    if value is None:
        return otherwise
    try:
        return seconds_of(str(value))
    except ValueError as error:
        raise bad_request(f"Invalid value specified for property '{name}'.") from error


def shown_application(found: Application) -> dict[str, Any]:
    return {
        "id": found.id,
        "appId": found.app_id,
        "displayName": found.name,
        "createdDateTime": short(found.created),
        "signInAudience": "AzureADMyOrg",
        "passwordCredentials": [shown_password(each) for each in found.passwords],
        "keyCredentials": [_certificate(each) for each in found.certificates],
    }


def shown_principal(found: ServicePrincipal) -> dict[str, Any]:
    return {
        "id": found.id,
        "appId": found.app_id,
        "displayName": found.name,
        "appDisplayName": found.name,
        "accountEnabled": found.enabled,
        "appOwnerOrganizationId": TENANT,
        "servicePrincipalType": "Application",
        "servicePrincipalNames": [found.app_id],
        "createdDateTime": short(found.created),
    }


def shown_password(found: Password, *, text: str | None = None) -> dict[str, Any]:
    """The text is told once, when it is made."""
    return {
        "keyId": found.id,
        "displayName": found.name or None,
        "hint": found.hint,
        "secretText": text,
        "startDateTime": _time(found.begins),
        "endDateTime": _time(found.ends),
        "customKeyIdentifier": None,
    }


def shown_federated(found: Federated) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "issuer": found.issuer,
        "subject": found.subject,
        "audiences": found.audiences,
        "description": found.description or None,
    }


def _certificate(found: Certificate) -> dict[str, Any]:
    return {
        "keyId": found.id,
        "displayName": found.name or None,
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": None,
        "customKeyIdentifier": found.thumbprint,
        "startDateTime": short(found.begins),
        "endDateTime": short(found.ends),
    }


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%fZ}"

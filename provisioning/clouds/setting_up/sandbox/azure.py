"""The simulated Azure: an application with a credential, a custom role and its assignment.

Microsoft Graph is spoken to as it is over HTTP: its SDK is none of the product's packages.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from azure.core import PipelineClient
from azure.core.pipeline.policies import HeadersPolicy
from azure.core.rest import HttpRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from provisioning.clouds.azure import AzureSession
from provisioning.clouds.errors import cloud_errors
from provisioning.clouds.setting_up.azure_parts import federated, role
from provisioning.clouds.setting_up.facts import Facts
from provisioning.contracts import Access

API = "2022-04-01"
A_YEAR = timedelta(days=365)


def set_up(facts: Facts, access: Access) -> dict[str, str]:
    with cloud_errors("set the subscription up"):
        graph = Graph(access)
        app = graph.post("applications", {"displayName": facts.azure_name})
        principal = graph.post("servicePrincipals", {"appId": app["appId"]})
        credential = {
            "federation": _trust, "certificate": _certificate, "client_secret": _secret,
        }[facts.method](graph, app["id"], facts)  # fmt: skip
        session = AzureSession(access)
        _give_role(session, facts, principal["id"])
        tenant = str(session.subscription()["tenantId"])
    return {
        "tenant_id": tenant,
        "client_id": app["appId"],
        "subscription_id": facts.account,
        "region": access.region,
        **credential,
    }


class Graph:
    """The part of Microsoft Graph that the sandbox has, as its administrator."""

    def __init__(self, access: Access) -> None:
        address = access.sandbox.azure_url if access.sandbox else ""
        token = access.credential.reveal("token") or ""
        headers = HeadersPolicy({"Authorization": f"Bearer {token}"})
        self._base = f"{address}/graph/v1.0"
        self._client: Any = PipelineClient(
            self._base, per_call_policies=[headers], use_env_settings=False
        )

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return dict(self._answer("POST", path, body).json())

    def patch(self, path: str, body: dict[str, Any]) -> None:
        self._answer("PATCH", path, body)

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> Any:
        request = HttpRequest(method, f"{self._base}/{path}", json=body)
        answer = self._client.send_request(request)
        answer.raise_for_status()
        return answer


def _trust(graph: Graph, app: str, facts: Facts) -> dict[str, str]:
    graph.post(f"applications/{app}/federatedIdentityCredentials", federated(facts))
    return {}


def _secret(graph: Graph, app: str, facts: Facts) -> dict[str, str]:
    wish = {
        "displayName": "Skyclock",
        "endDateTime": (datetime.now(UTC) + A_YEAR).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    made = graph.post(f"applications/{app}/addPassword", {"passwordCredential": wish})
    return {"client_secret": str(made["secretText"])}


def _certificate(graph: Graph, app: str, facts: Facts) -> dict[str, str]:
    key, certificate = _made(facts.azure_name)
    wish = {
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": base64.b64encode(certificate.encode()).decode(),
    }
    graph.patch(f"applications/{app}", {"keyCredentials": [wish]})
    return {"certificate_data": key + certificate}


def _made(name: str) -> tuple[str, str]:
    """What openssl makes in the block: a key, and a certificate that it signed itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + A_YEAR)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


def _give_role(session: AzureSession, facts: Facts, principal: str) -> None:
    """By Resource Manager's general calls: there is no package for roles alone."""
    found, scope = role(facts), f"/subscriptions/{facts.account}"
    definition = f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{_id(facts, 'role')}"
    assignment = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{_id(facts, 'given')}"
    _put(
        session,
        definition,
        {
            "roleName": found["Name"],
            "type": "CustomRole",
            "description": found["Description"],
            "assignableScopes": found["AssignableScopes"],
            "permissions": [
                {
                    "actions": found["Actions"],
                    "notActions": [],
                    "dataActions": found["DataActions"],
                    "notDataActions": [],
                }
            ],
        },
    )
    _put(
        session,
        assignment,
        {
            "roleDefinitionId": definition,
            "principalId": principal,
            "principalType": "ServicePrincipal",
        },
    )


def _put(session: AzureSession, id: str, properties: dict[str, Any]) -> None:
    resources = session.client("resources").resources
    resources.begin_create_or_update_by_id(
        id, parameters={"properties": properties}, api_version=API
    ).result()


def _id(facts: Facts, what: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{facts.subject}/{what}"))

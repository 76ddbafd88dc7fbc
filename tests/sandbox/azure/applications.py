"""Applications of the simulated Entra, set up as the command line does it, and signing in."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import CertificateCredential, ClientAssertionCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from provisioning.sandbox.azure.arm.resources import TENANT
from tests.sandbox.azure.conftest import SUBSCRIPTION, SandboxAzure

ARM = "https://management.azure.com/.default"
AUDIENCE = "api://AzureADTokenExchange"
ENTRA = "https://login.microsoftonline.com"


class CarriedHere(RequestsTransport):
    """Takes what azure-identity asks of Entra, by https alone, to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.asked: list[str] = []

    def send(self, request: Any, **options: Any) -> Any:
        assert request.url.startswith(ENTRA), request.url
        self.asked.append(request.url)
        request.url = f"{self.url}/entra{request.url.removeprefix(ENTRA)}"
        return super().send(request, **options)


class Graph:
    """Microsoft Graph as an administrator has it."""

    def __init__(self, azure: SandboxAzure, *, token: str = "") -> None:
        self.url = f"{azure.url}/graph/v1.0"
        token = token or f"sandbox-only-token-of-{SUBSCRIPTION}"
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(
            method, f"{self.url}/{path}", json=body, headers=self.headers, timeout=60
        )

    def made(self, path: str, body: Any) -> dict[str, Any]:
        answer = self.call("POST", path, body)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found


@dataclass
class App:
    azure: SandboxAzure
    graph: Graph
    id: str  # the application's object
    app_id: str
    principal: str

    def add_secret(self, **wish: Any) -> str:
        path = f"applications/{self.id}/addPassword"
        return str(self.graph.made(path, {"passwordCredential": wish})["secretText"])

    def add_certificate(self, pem: bytes) -> None:
        certificate = pem[pem.index(b"-----BEGIN CERT") :]
        key = {"type": "AsymmetricX509Cert", "usage": "Verify",
               "key": base64.b64encode(certificate).decode()}  # fmt: skip
        answer = self.graph.call("PATCH", f"applications/{self.id}", {"keyCredentials": [key]})
        assert answer.status_code == 204, answer.text

    def trust(self, issuer: str, subject: str, *, audience: str = AUDIENCE) -> None:
        wish = {"name": "trusted", "issuer": issuer, "subject": subject, "audiences": [audience]}
        self.graph.made(f"applications/{self.id}/federatedIdentityCredentials", wish)

    def by_secret(self, secret: str, *, tenant: str = TENANT) -> ClientSecretCredential:
        return ClientSecretCredential(
            tenant, self.app_id, secret, transport=CarriedHere(self.azure.url), retry_total=0
        )

    def by_certificate(self, pem: bytes) -> CertificateCredential:
        return CertificateCredential(
            TENANT, self.app_id, certificate_data=pem, transport=CarriedHere(self.azure.url),
            retry_total=0,
        )  # fmt: skip

    def by_assertion(self, assertion: str) -> ClientAssertionCredential:
        return ClientAssertionCredential(
            TENANT, self.app_id, lambda: assertion, transport=CarriedHere(self.azure.url),
            retry_total=0,
        )  # fmt: skip

    def ask(self, **form: str) -> requests.Response:
        """The token endpoint itself, past every SDK."""
        given = {"grant_type": "client_credentials", "client_id": self.app_id, "scope": ARM, **form}
        tenant = given.pop("tenant", TENANT)
        address = f"{self.azure.url}/entra/{tenant}/oauth2/v2.0/token"
        return requests.post(address, data=given, timeout=60)

    def token(self, scope: str = ARM) -> str:
        """Of a new secret."""
        return str(self.ask(client_secret=self.add_secret(), scope=scope).json()["access_token"])


def new_app(azure: SandboxAzure, *, principal: bool = True) -> App:
    graph = Graph(azure)
    made = graph.made("applications", {"displayName": "skyclock"})
    app = App(azure, graph, made["id"], made["appId"], "")
    if principal:
        app.principal = graph.made("servicePrincipals", {"appId": app.app_id})["id"]
    return app


def new_certificate(*, days: float = 30.0, from_now: float = -1.0) -> bytes:
    """A key and the certificate that it signed itself, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "skyclock")])
    begins = datetime.now(UTC) + timedelta(days=from_now)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)

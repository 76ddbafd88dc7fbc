"""What the directory keeps. Times are real ones: tokens and secrets end in real time."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from provisioning.sandbox.records import Record


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Password(_Part):
    """A client secret; of its text only a digest is kept."""

    id: str
    name: str = ""
    hint: str
    digest: str
    begins: float
    ends: float


class Certificate(_Part):
    """A key credential: what an application's signature is checked with."""

    id: str
    name: str = ""
    certificate: str  # DER, in base64
    thumbprint: str  # SHA-1, in hex digits, as pages show it
    sha256: str  # the same of SHA-256
    begins: float
    ends: float


class Federated(_Part):
    """Whose identity tokens an application may present in place of a secret."""

    id: str
    name: str
    issuer: str
    subject: str
    audiences: list[str]
    description: str = ""


class Application(Record):
    id: str  # the object's
    app_id: str  # the client id
    name: str
    created: float
    passwords: list[Password] = []
    certificates: list[Certificate] = []
    federated: list[Federated] = []

    @property
    def key(self) -> str:
        return self.id


class ServicePrincipal(Record):
    """The application in the tenant: what roles are given to."""

    id: str
    app_id: str
    name: str
    enabled: bool = True
    created: float

    @property
    def key(self) -> str:
        return self.id


class SigningKey(Record):
    """What the tenant signs its tokens with."""

    id: str
    pem: str

    @property
    def key(self) -> str:
        return self.id

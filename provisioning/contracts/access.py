"""Entering a cloud."""

from __future__ import annotations

import json

from pydantic import AwareDatetime, SecretStr, field_serializer

from provisioning.contracts.kinds import Cloud, Value

# Names of places, applications and roles, shown in every console: masked, they would riddle each
# log. AWS says itself that an external ID is no secret.
NO_SECRETS = frozenset(
    {
        "audience",
        "client_id",
        "duration_seconds",
        "external_id",
        "project",
        "role_arn",
        "service_account_email",
        "subscription_id",
        "target_principal",
        "tenant_id",
    }
)


class Credential(Value):
    """What is typed into a Connection's form. Fields are named as the cloud's SDK names them."""

    method: str
    fields: dict[str, SecretStr]

    def reveal(self, name: str) -> str | None:
        """The clear text of one field, or None. Call as late as possible."""
        secret = self.fields.get(name)
        return secret.get_secret_value() if secret else None

    def secrets(self) -> tuple[str, ...]:
        """All clear texts, for masking; of a key file, the key by itself as well."""
        hidden = (each for name, each in self.fields.items() if name not in NO_SECRETS)
        texts = (each.get_secret_value() for each in hidden)
        return tuple(part for text in texts if text for part in _secret_parts(text))

    @field_serializer("fields", when_used="json")
    def _fields_in_clear(self, fields: dict[str, SecretStr]) -> dict[str, str]:
        # Only for the pipe to an operation's own process; never stored.
        return {name: secret.get_secret_value() for name, secret in fields.items()}


def _secret_parts(text: str) -> tuple[str, ...]:
    """A key file writes its key on one line of JSON; programs write it on many."""
    if not text.startswith("{"):
        return (text,)
    try:
        found = json.loads(text)
    except ValueError:
        return (text,)
    return (text, *(found[name] for name in ("private_key", "private_key_id") if name in found))


class SandboxAddress(Value):
    """Where the sandbox that ships inside listens, on loopback."""

    control_url: str
    aws_url: str
    azure_url: str = ""
    google_url: str = ""
    provider: str  # "127.0.0.1:PORT" of the resource provider daemon


class Access(Value):
    """All that is needed to open a session on one Connection."""

    cloud: Cloud
    region: str
    account: str  # AWS account number, Azure subscription or Google project
    credential: Credential
    sandbox: SandboxAddress | None = None
    # Signed by Skyclock for this Connection, where the method shows one instead of a secret.
    identity_token: SecretStr | None = None
    expires_at: AwareDatetime | None = None  # of a credential that an exchange gave
    reference: str = ""  # stable and no secret: what the Connection is called where it is named

    def secrets(self) -> tuple[str, ...]:
        """All clear texts, for masking."""
        token = self.identity_token.get_secret_value() if self.identity_token else ""
        return (*self.credential.secrets(), *filter(None, (token,)))

    @field_serializer("identity_token", when_used="json-unless-none")
    def _token_in_clear(self, token: SecretStr) -> str:
        return token.get_secret_value()  # for the same pipe only

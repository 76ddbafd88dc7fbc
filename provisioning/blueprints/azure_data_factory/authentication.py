"""How activities prove who they are. No secret stands in settings: the factory has an identity
of its own, and what only a secret opens is read from a Key Vault when a run needs it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..common.fields import Form
from .fields import Line, ResourceId, SecretName


class KeyVaultSecret(Form):
    model_config = ConfigDict(title="Secret in a Key Vault")

    vault: ResourceId = Field(
        title="Key Vault",
        description="Resource ID of the vault. The factory's identity is given the role Key Vault "
        "Secrets User on it.",
        examples=[
            "/subscriptions/5a4db0c5-0000-4000-8000-000000000001/resourceGroups/shared/providers/"
            "Microsoft.KeyVault/vaults/my-vault"
        ],
    )
    secret: SecretName = Field(title="Secret's name", examples=["databricks-token"])

    @property
    def vault_url(self) -> str:
        return f"https://{self.vault.rpartition('/')[2].lower()}.vault.azure.net/"


class NoAuthentication(Form):
    model_config = ConfigDict(title="None")

    kind: Literal["none"] = "none"


class ManagedIdentity(Form):
    model_config = ConfigDict(title="The factory's identity")

    kind: Literal["managed_identity"]
    resource: Line = Field(
        title="Resource",
        description="Whom the token is for.",
        examples=["https://management.azure.com/", "api://my-service"],
        min_length=1,
    )


class BasicAuthentication(Form):
    model_config = ConfigDict(title="User and password")

    kind: Literal["basic"]
    username: Line = Field(title="User", min_length=1)
    password: KeyVaultSecret = Field(title="Password")


WebAuthentication = Annotated[
    NoAuthentication | ManagedIdentity | BasicAuthentication, Field(discriminator="kind")
]


class DatabricksIdentity(Form):
    model_config = ConfigDict(title="The factory's identity")

    kind: Literal["managed_identity"]
    workspace: ResourceId = Field(
        title="Workspace",
        description="Resource ID of the Databricks workspace. The factory's identity is given the "
        "role Contributor on it.",
        examples=[
            "/subscriptions/5a4db0c5-0000-4000-8000-000000000001/resourceGroups/ml/providers/"
            "Microsoft.Databricks/workspaces/my-workspace"
        ],
    )


class DatabricksToken(Form):
    model_config = ConfigDict(title="Access token in a Key Vault")

    kind: Literal["token"]
    token: KeyVaultSecret = Field(title="Access token")


DatabricksAuthentication = Annotated[
    DatabricksIdentity | DatabricksToken, Field(discriminator="kind")
]

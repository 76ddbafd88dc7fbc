"""The ways to enter a cloud, each with the fields that its credential form has.

The models give the form, the JSON schema of the API and the validation. Secret fields are
`SecretStr`, which the schema marks `writeOnly`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from provisioning.clouds.access_keys import AccessKeys
from provisioning.clouds.client_secret import ClientSecret
from provisioning.clouds.service_account import ServiceAccountKey
from provisioning.contracts import Cloud, Credential
from provisioning.errors import InvalidInput, Problem

CLOUD_NAMES: dict[Cloud, str] = {
    Cloud.AWS: "AWS",
    Cloud.AZURE: "Azure",
    Cloud.GOOGLE: "Google Cloud",
}

METHODS: dict[Cloud, dict[str, type[BaseModel]]] = {
    Cloud.AWS: {"access_keys": AccessKeys},
    Cloud.AZURE: {"client_secret": ClientSecret},
    Cloud.GOOGLE: {"service_account": ServiceAccountKey},
}

# These show the cloud a token that Skyclock signs, instead of a secret.
NEEDS_IDENTITY_TOKEN = frozenset({"web_identity", "federation"})

# pydantic's words for what people most often get wrong, in ours.
SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "This has to be text.",
}


def methods_of(cloud: Cloud) -> dict[str, str]:
    """The ways to enter this cloud: name → what people call it."""
    return {
        name: str(model.model_config.get("title", name))
        for name, model in METHODS.get(cloud, {}).items()
    }


def credential_model(cloud: Cloud, method: str) -> type[BaseModel]:
    if method not in METHODS[cloud]:
        known = ", ".join(METHODS[cloud])
        message = f"{CLOUD_NAMES[cloud]} cannot be entered by '{method}'. Known: {known}."
        raise InvalidInput.at("method", message, "unknown")
    return METHODS[cloud][method]


def credential_schema(cloud: Cloud, method: str) -> dict[str, Any]:
    """JSON schema of the credential's fields; secret ones are `writeOnly`."""
    return credential_model(cloud, method).model_json_schema()


def parse_credential(
    cloud: Cloud, method: str, values: Mapping[str, Any], *, field: str = "credential"
) -> tuple[Credential, str]:
    """The credential and its region. Problems are at `credential.<name of the field>`.

    The region is not part of the credential: credentials are masked in every log.
    """
    try:
        model = credential_model(cloud, method).model_validate(dict(values))
    except ValidationError as error:
        raise InvalidInput(_problems(error, field)) from None  # its text has the input in it
    fields = {name: _secret(value) for name, value in model if value is not None}
    region = fields.pop("region").get_secret_value()
    return Credential(method=method, fields=fields), region


def sandbox_access_keys(account: str) -> Credential:
    """The key of a sandbox account; the sandbox reads the account out of the key's id."""
    return Credential(
        method="access_keys",
        fields={
            "access_key_id": SecretStr(f"AKIA{account}SBOX"),
            "secret_access_key": SecretStr(f"sandbox-only-key-of-account-{account}"),
        },
    )


def sandbox_credential(cloud: Cloud, account: str) -> Credential:
    """What opens an account of the simulated clouds; nothing in it is a secret of anybody's."""
    if cloud is Cloud.AWS:
        return sandbox_access_keys(account)
    return Credential(
        method="sandbox", fields={"token": SecretStr(f"sandbox-only-token-of-{account}")}
    )


def is_ready_made(cloud: Cloud, account: str, credential: Credential) -> bool:
    """Made by us for an account of the sandbox, and not given out by its identity service."""
    return credential == sandbox_credential(cloud, account)


def _secret(value: object) -> SecretStr:
    return value if isinstance(value, SecretStr) else SecretStr(str(value))


def _problems(error: ValidationError, field: str) -> list[Problem]:
    return [
        Problem(
            field=".".join([field, *map(str, item["loc"])]),
            message=SENTENCES.get(item["type"], item["msg"]),
            code=item["type"],
        )
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]

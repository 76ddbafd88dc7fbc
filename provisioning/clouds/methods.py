"""The ways to enter a cloud, each with the fields that its credential form has.

The models give the form, the JSON schema of the API and the validation. Secret fields are
`SecretStr`, which the schema marks `writeOnly`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr, ValidationError

from provisioning.clouds import pasting
from provisioning.clouds.access_keys import AccessKeys
from provisioning.clouds.azure_federation import AzureFederation
from provisioning.clouds.certificate import Certificate
from provisioning.clouds.client_secret import ClientSecret
from provisioning.clouds.fields import MethodFields
from provisioning.clouds.google_federation import GoogleFederation
from provisioning.clouds.impersonation import Impersonation
from provisioning.clouds.pasting import PASTE, unpasted
from provisioning.clouds.role import Role
from provisioning.clouds.service_account import ServiceAccountKey
from provisioning.clouds.web_identity import WebIdentity
from provisioning.clouds.wrong import FIELD
from provisioning.contracts import Cloud, Credential
from provisioning.errors import InvalidInput, Problem

CLOUD_NAMES: dict[Cloud, str] = {
    Cloud.AWS: "AWS",
    Cloud.AZURE: "Azure",
    Cloud.GOOGLE: "Google Cloud",
}

# The best first: what keeps no secret, what keeps one that nobody can use for long, and the rest.
METHODS: dict[Cloud, dict[str, type[MethodFields]]] = {
    Cloud.AWS: {"web_identity": WebIdentity, "role": Role, "access_keys": AccessKeys},
    Cloud.AZURE: {
        "federation": AzureFederation,
        "certificate": Certificate,
        "client_secret": ClientSecret,
    },
    Cloud.GOOGLE: {
        "federation": GoogleFederation,
        "impersonation": Impersonation,
        "service_account": ServiceAccountKey,
    },
}

# These show the cloud a token that Skyclock signs, instead of a secret.
NEEDS_IDENTITY_TOKEN = frozenset({"web_identity", "federation"})

# pydantic's words for what people most often get wrong, in ours.
SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "This has to be text.",
    "int_parsing": "This has to be a whole number.",
    "int_type": "This has to be a whole number.",
}


@dataclass(frozen=True)
class Method:
    """A way to enter a cloud, for who chooses one."""

    cloud: Cloud
    name: str
    title: str
    summary: str
    keeps_secret: bool  # something stored opens the account until somebody revokes it
    tells_its_end: bool
    secrets: frozenset[str]  # names of the fields that are written only


def methods_of(cloud: Cloud) -> dict[str, str]:
    """The ways to enter this cloud: name → what people call it."""
    return {
        name: str(model.model_config.get("title", name))
        for name, model in METHODS.get(cloud, {}).items()
    }


def method_of(cloud: Cloud, name: str) -> Method:
    model = credential_model(cloud, name)
    title = str(model.model_config.get("title", name))
    fields = model.model_json_schema()["properties"]
    secrets = frozenset(each for each, about in fields.items() if _is_secret(about))
    return Method(
        cloud, name, title, model.summary, model.keeps_secret, model.tells_its_end, secrets
    )


def _is_secret(about: Mapping[str, Any]) -> bool:
    return any(each.get("writeOnly") for each in (about, *about.get("anyOf", ())))


def expires(cloud: Cloud, credential: Credential) -> datetime | None:
    """When the credential ends by itself, where it knows; a certificate does."""
    model = METHODS[cloud].get(credential.method)
    return model.expires(credential) if model else None


def holds_secret(cloud: Cloud, credential: Credential) -> bool:
    """Whether this very credential keeps a secret that works until somebody revokes it."""
    model = METHODS[cloud].get(credential.method)
    return model.holds_secret(credential) if model else False


def ending(cloud: Cloud, credential: Credential) -> str:
    """When it ends, in words, where nobody has said the day."""
    return METHODS[cloud][credential.method].ending(credential)


def credential_model(cloud: Cloud, method: str) -> type[MethodFields]:
    if method not in METHODS[cloud]:
        known = ", ".join(METHODS[cloud])
        message = f"{CLOUD_NAMES[cloud]} cannot be entered by '{method}'. Known: {known}."
        raise InvalidInput.at("method", message, "unknown")
    return METHODS[cloud][method]


def credential_schema(cloud: Cloud, method: str) -> dict[str, Any]:
    """JSON schema of the credential's fields; secret ones are `writeOnly`."""
    return credential_model(cloud, method).model_json_schema()


def parse_credential(
    cloud: Cloud,
    method: str,
    values: Mapping[str, Any],
    *,
    field: str = "credential",
    sandbox: bool = False,
    stored: Mapping[str, str] | None = None,
) -> tuple[Credential, str]:
    """The credential and its region. Problems are at `credential.<name of the field>`.

    The region is not part of the credential: credentials are masked in every log. On the sandbox
    a key file may name the sandbox's own address. Among the values, `paste` is a text that has
    some of the others. `stored` has what fields keep that are left out or empty; None empties one.
    """
    model = credential_model(cloud, method)
    given = unpasted(dict(values), cloud, method, known=_names(model), sandbox=sandbox, field=field)
    given = _with_kept(model, given, stored) if stored else given
    try:
        read = model.model_validate(given, context={"sandbox": sandbox})
    except ValidationError as error:
        raise InvalidInput(_problems(error, field)) from None  # its text has the input in it
    fields = {name: _secret(value) for name, value in read if value is not None}
    region = fields.pop("region").get_secret_value()
    return Credential(method=method, fields=fields), region


def _with_kept(
    model: type[MethodFields], given: Mapping[str, Any], stored: Mapping[str, str]
) -> dict[str, Any]:
    told = {
        name: value
        for name, value in given.items()
        if not (isinstance(value, str) and not value.strip())
    }
    kept = {name: text for name, text in stored.items() if model.part_of.get(name) not in told}
    return {**kept, **told}


def split(
    cloud: Cloud, method: str, text: str, *, sandbox: bool = False, field: str = PASTE
) -> dict[str, str]:
    """A pasted text by fields of this method. Raises InvalidInput at `field`."""
    known = _names(credential_model(cloud, method))
    return pasting.split(cloud, method, text, known=known, sandbox=sandbox, field=field)


def _names(model: type[MethodFields]) -> frozenset[str]:
    return frozenset(model.model_fields)


def sandbox_access_keys(account: str) -> Credential:
    """The key of a sandbox account; the sandbox reads the account out of the key's id."""
    return Credential(
        method="access_keys",
        fields={
            "access_key_id": SecretStr(f"AKIA{account}SBOX"),
            "secret_access_key": SecretStr(f"sandbox-only-key-of-account-{account}"),
        },
    )


# A user of the simulated AWS that may take on every role which trusts its account: the base of the
# method "role" where it is tried. Everybody knows its key; it opens nothing but the sandbox.
SANDBOX_BASE_ACCOUNT, SANDBOX_BASE_USER = "999988887777", "skyclock"


def sandbox_base_keys() -> Credential:
    """The key of that user."""
    return Credential(
        method="access_keys",
        fields={
            "access_key_id": SecretStr("AKIASKYCLOCKSANDBOX1"),
            "secret_access_key": SecretStr("sandbox-only-secret-of-the-base-identity"),
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
            field=".".join([field, *_place(item)]),
            message=SENTENCES.get(item["type"], item["msg"]),
            code=item["type"],
        )
        for item in error.errors(include_url=False, include_input=False)
    ]


def _place(item: Any) -> list[str]:
    """What was found with all fields at hand says itself which of them it is about."""
    told = item.get("ctx", {}).get(FIELD)
    return [str(told)] if told else [str(each) for each in item["loc"]]

"""Google's JSON files: keys, and configurations that say where a credential is to be had.

The latter can name a program to run, a file to read or a host to send a token to. Skyclock shows
its own identity token, to Google's own addresses, so of such a file only names are taken.
"""

from __future__ import annotations

import json
import re
from typing import Any

from provisioning.clouds.pasted import Refused, as_json
from provisioning.clouds.service_account import SANDBOX_ADDRESS, TOKEN_ADDRESSES

STS = re.compile(r"https://sts\.googleapis\.com/v1/(token|introspect|oauthtoken)")
IMPERSONATION = re.compile(
    r"https://iamcredentials\.googleapis\.com/v1/projects/-/serviceAccounts/"
    r"(?P<email>[a-z0-9.-]+@[a-z0-9.-]+):generateAccessToken"
)
JWT_TYPES = (
    "", "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token",
)  # fmt: skip
SOURCES = {
    "executable": "would run a program",
    "file": "would read a file of this machine",
    "url": "would ask an address for a token",
    "environment_id": "would use this machine's own identity",
    "certificate": "would read certificates of this machine",
}
_SIGN_IN = "This is refused: it is a person's own sign-in, not a service's."


def read(text: str, method: str, sandbox: bool) -> dict[str, str]:
    found = as_json(text)
    return {} if found is None else _of(found, method, sandbox)


def _of(found: dict[str, Any], method: str, sandbox: bool) -> dict[str, str]:
    kind = found.get("type")
    if kind == "service_account":
        return _key(found, method, sandbox)
    if kind == "external_account":
        return _external(found)
    if kind == "impersonated_service_account":
        return _impersonated(found, method, sandbox)
    if kind in ("authorized_user", "external_account_authorized_user"):
        raise Refused(_SIGN_IN)
    return {}


def _key(found: dict[str, Any], method: str, sandbox: bool) -> dict[str, str]:
    if method == "federation":
        raise Refused("This is the key of a service account; federation needs none.")
    address = str(found.get("token_uri"))
    if address not in TOKEN_ADDRESSES and not (sandbox and SANDBOX_ADDRESS.fullmatch(address)):
        raise Refused(
            "This is refused: the key's token_uri is not Google's; it would be sent a signed "
            "request."
        )
    fields = {"service_account_key": json.dumps(found)}
    if method != "impersonation":  # there the project is that of the account taken on
        fields["project"] = str(found.get("project_id", ""))
    return fields


def _external(found: dict[str, Any]) -> dict[str, str]:
    _require_source(found.get("credential_source"))
    _require_host(found, "token_url", STS)
    _require_host(found, "token_info_url", STS)
    if found.get("universe_domain", "googleapis.com") != "googleapis.com":
        raise Refused("This is refused: it is for another cloud than Google's (universe_domain).")
    if found.get("workforce_pool_user_project"):
        raise Refused(_SIGN_IN)
    if str(found.get("subject_token_type", "")) not in JWT_TYPES:
        raise Refused("This is refused: its provider takes no identity tokens (JWT) of an issuer.")
    return {"audience": str(found.get("audience", "")), **_target(found, "service_account_email")}


def _impersonated(found: dict[str, Any], method: str, sandbox: bool) -> dict[str, str]:
    if found.get("delegates"):
        raise Refused("This is refused: it goes through other accounts (delegates).")
    source = found.get("source_credentials")
    inner = _of(source, "impersonation", sandbox) if isinstance(source, dict) else {}
    name = "service_account_email" if "audience" in inner else "target_principal"
    return {**inner, **_target(found, name)}


def _target(found: dict[str, Any], name: str) -> dict[str, str]:
    """The service account's e-mail, out of the address that would be asked for its tokens."""
    address = found.get("service_account_impersonation_url")
    if not address:
        return {}
    match = IMPERSONATION.fullmatch(str(address))
    if not match:
        raise Refused(
            "This is refused: its service_account_impersonation_url is not Google's; it would be "
            "sent a token."
        )
    return {name: match["email"]}


def _require_source(source: Any) -> None:
    if not source:
        return
    names = source if isinstance(source, dict) else {}
    for name, does in SOURCES.items():
        if name in names:
            raise Refused(
                f"This is refused: its credential_source ({name}) {does}. Skyclock signs a token "
                "of its own; take credential_source out, or enter the audience below."
            )
    raise Refused("This is refused: its credential_source is of an unknown kind.")


def _require_host(found: dict[str, Any], name: str, form: re.Pattern[str]) -> None:
    if found.get(name) and not form.fullmatch(str(found[name])):
        raise Refused(f"This is refused: its {name} is not Google's; it would be sent a token.")

"""What the settings of pools and providers have to be."""

from __future__ import annotations

import json
import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.entering.expressions import NotUnderstood, parse

_ID = re.compile(r"[a-z0-9-]{4,32}")
_ATTRIBUTE = re.compile(r"google\.(subject|groups)|attribute\.[a-z0-9_]{1,100}")
_MOST_ATTRIBUTES, _LONGEST_MAPPING, _LONGEST_CONDITION = 50, 2048, 4096
_MOST_AUDIENCES, _LONGEST_AUDIENCE = 10, 256
_LONGEST_NAME, _LONGEST_DESCRIPTION = 32, 256
_OTHER_KINDS = ("aws", "saml", "x509")


def require_id(id: str, *, what: str) -> None:
    if not _ID.fullmatch(id) or id.startswith("gcp-"):
        message = (
            f"The {what} ID '{id}' must be 4-32 characters of [a-z0-9-]. The prefix gcp- is "
            "reserved for use by Google."
        )
        raise _invalid(message)


def require_texts(wish: dict[str, Any]) -> None:
    if len(wish.get("displayName", "")) > _LONGEST_NAME:
        raise _invalid(f"The display name cannot exceed {_LONGEST_NAME} characters.")
    if len(wish.get("description", "")) > _LONGEST_DESCRIPTION:
        raise _invalid(f"The description cannot exceed {_LONGEST_DESCRIPTION} characters.")


def require_provider(wish: dict[str, Any]) -> None:
    """Raises INVALID_ARGUMENT, or UNIMPLEMENTED for what only Google evaluates."""
    require_texts(wish)
    if other := next((kind for kind in _OTHER_KINDS if kind in wish), None):
        message = f"The sandbox has identity providers of kind oidc only, not {other}."
        raise refusal("UNIMPLEMENTED", message)
    if "oidc" not in wish:
        raise _invalid("A provider config must be specified: one of aws, oidc, saml, x509.")
    _require_oidc(wish["oidc"])
    _require_mapping(wish.get("attributeMapping", {}))
    condition = wish.get("attributeCondition", "")
    if len(condition) > _LONGEST_CONDITION:
        raise _invalid(f"The attribute condition exceeds {_LONGEST_CONDITION} characters.")
    if condition:
        _require_understood(condition, what="attribute condition")


def _require_oidc(oidc: dict[str, Any]) -> None:
    issuer, audiences = oidc.get("issuerUri", ""), oidc.get("allowedAudiences", [])
    if not _is_issuer(issuer):
        message = f"Invalid issuer URI '{issuer}': it must be a valid URI with the https scheme."
        raise _invalid(message)
    if len(audiences) > _MOST_AUDIENCES:
        raise _invalid(f"At most {_MOST_AUDIENCES} audiences may be configured.")
    if any(len(one) > _LONGEST_AUDIENCE for one in audiences):
        raise _invalid(f"Each audience may be at most {_LONGEST_AUDIENCE} characters.")
    if given := oidc.get("jwksJson", ""):
        try:
            keys = json.loads(given)["keys"]
        except (ValueError, KeyError, TypeError):
            keys = None
        if not isinstance(keys, list):
            raise _invalid("Input JWK is not in a valid json format.")


def _is_issuer(text: str) -> bool:
    """On loopback http is taken, because nothing else reaches there. Google wants https."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.query or parts.fragment or parts.username or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_local(host))


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _require_mapping(mapping: dict[str, str]) -> None:
    if "google.subject" not in mapping:
        raise _invalid("Attribute mapping must contain google.subject.")
    if len(mapping) > _MOST_ATTRIBUTES:
        raise _invalid(f"At most {_MOST_ATTRIBUTES} attributes may be mapped.")
    for name, text in mapping.items():
        if not _ATTRIBUTE.fullmatch(name):
            message = f"Attribute mapping key '{name}' is invalid: expected google.subject, "
            raise _invalid(f"{message}google.groups or attribute.NAME with NAME of [a-z0-9_].")
        if len(text) > _LONGEST_MAPPING:
            raise _invalid(f"The mapping of {name} exceeds {_LONGEST_MAPPING} characters.")
        _require_understood(text, what=f"mapping of {name}")


def _require_understood(text: str, *, what: str) -> None:
    try:
        parse(text)
    except NotUnderstood as error:
        message = (
            f"The sandbox does not evaluate this {what}: {text} ({error}) It compares claims "
            "with ==, !=, in, startsWith, endsWith and contains, joined by && and ||."
        )
        raise refusal("UNIMPLEMENTED", message) from error


def _invalid(message: str) -> Exception:
    return refusal("INVALID_ARGUMENT", message)

"""The metadata server, by which code that runs inside learns where it is and who it is.

In the cloud it is known by the network who asks; here each instance has an address of its own,
which it finds in GCE_METADATA_HOST: "127.0.0.1:8951/metadata/INSTANCE".
https://cloud.google.com/run/docs/container-contract#metadata-server
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.google.accounts import TOKEN
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.projects import number_of
from provisioning.sandbox.rest import RestRequest, RestResponse, Route

PREFIX = "/metadata"
_FLAVOR = {"Metadata-Flavor": "Google", "Server": "Metadata Server for Serverless"}
_ROOT = f"{PREFIX}/<instance>"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TOKEN_SECONDS = 3599


@dataclass(frozen=True)
class Identity:
    """Who an instance is."""

    project: str
    region: str
    account: str
    instance: str


class MetadataServer:
    def __init__(self, *, host: str) -> None:
        self._host = host  # 127.0.0.1:8951
        self._known: dict[str, Identity] = {}

    def let_in(self, identity: Identity) -> dict[str, str]:
        """The variables by which an instance finds its metadata."""
        self._known[identity.instance] = identity
        address = f"{self._host}{PREFIX}/{identity.instance}"
        return {"GCE_METADATA_HOST": address, "GCE_METADATA_IP": address}

    def forget(self, instance: str) -> None:
        self._known.pop(instance, None)

    def routes(self) -> Iterator[Route]:
        yield Route("GET", _ROOT, "metadata.ping", self._ping, locked=False)
        rule = f"{_ROOT}/computeMetadata/v1/<path:item>"
        yield Route("GET", rule, "metadata.get", self._get, locked=False)

    def _ping(self, request: RestRequest) -> RestResponse:
        self._who(request)
        return _text("computeMetadata/")

    def _get(self, request: RestRequest) -> RestResponse:
        who, item = self._who(request), request.arguments["item"].rstrip("/")
        if request.headers.get("metadata-flavor") != "Google":
            raise refusal("PERMISSION_DENIED", "Missing required header: Metadata-Flavor")
        for account in ("default", who.account):
            prefix = f"instance/service-accounts/{account}"
            if item == prefix or item.startswith(f"{prefix}/"):
                return _of_account(who, item.removeprefix(prefix).lstrip("/"), request)
        found = {
            "instance/id": who.instance,
            "instance/region": f"projects/{number_of(who.project)}/regions/{who.region}",
            "instance/zone": f"projects/{number_of(who.project)}/zones/{who.region}-1",
            "project/numeric-project-id": number_of(who.project),
            "project/project-id": who.project,
            "universe/universe-domain": "googleapis.com",
        }
        if item not in found:
            raise refusal("NOT_FOUND", f"There is no metadata at {item}.")
        return _text(found[item])

    def _who(self, request: RestRequest) -> Identity:
        found = self._known.get(request.arguments["instance"])
        if found is None:
            raise refusal("NOT_FOUND", "There is no such instance.")
        return found


def _of_account(who: Identity, item: str, request: RestRequest) -> RestResponse:
    known = {"aliases": ["default"], "email": who.account, "scopes": [_SCOPE]}
    if item == "token":
        token = {
            "access_token": f"{TOKEN}{who.account}",
            "expires_in": _TOKEN_SECONDS,
            "token_type": "Bearer",
        }
        return _json(token)
    if item == "" and request.query.get("recursive", "").lower() == "true":
        return _json(known)
    if item in known:
        value = known[item]
        return _text(value if isinstance(value, str) else "\n".join(value))
    raise refusal("UNIMPLEMENTED", f"The sandbox's metadata server does not have '{item}'.")


def _text(text: str) -> RestResponse:
    return RestResponse(body=text.encode(), headers={**_FLAVOR, "Content-Type": "application/text"})


def _json(found: dict[str, Any]) -> RestResponse:
    headers = {**_FLAVOR, "Content-Type": "application/json"}
    return RestResponse(body=json.dumps(found).encode(), headers=headers)

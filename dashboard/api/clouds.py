from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from dashboard import access
from dashboard.api.auth import caller
from dashboard.api.connections import CloudName
from provisioning import clouds
from provisioning.clouds.methods import CLOUD_NAMES
from provisioning.contracts import Cloud

router = Router(tags=["connections"])


class MethodOut(Schema):
    """`fields` is the JSON schema of a connection's `credential`; secret fields are `writeOnly`.
    `short_lived`: nothing that is stored opens the account until somebody revokes it."""

    name: str
    title: str
    summary: str
    short_lived: bool
    fields: dict[str, Any]


class CloudOut(Schema):
    """A cloud with the methods to enter it, the best first."""

    name: CloudName
    title: str
    methods: list[MethodOut]


@router.get("/clouds", response=list[CloudOut])
def list_clouds(request: HttpRequest) -> list[dict[str, Any]]:
    """The clouds, how each can be entered, and the fields that each method asks for."""
    access.require_member(caller(request))
    return [
        {"name": cloud.value, "title": title, "methods": [_method(cloud, each) for each in known]}
        for cloud, title in CLOUD_NAMES.items()
        if (known := clouds.methods_of(cloud))
    ]


def _method(cloud: Cloud, name: str) -> dict[str, Any]:
    method = clouds.method_of(cloud, name)
    return {
        "name": name,
        "title": method.title,
        "summary": method.summary,
        "short_lived": not method.keeps_secret,
        "fields": clouds.credential_schema(cloud, name),
    }

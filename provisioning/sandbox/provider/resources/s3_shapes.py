"""The shapes of a bucket's settings, in the provider's words and in S3's."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from provisioning.sandbox.provider.documents import same_json
from provisioning.sandbox.provider.properties import (
    Property,
    boolean,
    inside,
    integer,
    listed,
    record,
    text,
)


def versioning_word(on: bool) -> str:
    return "Enabled" if on else "Suspended"


def is_enabled(found: str) -> bool:
    return found == "Enabled"


def switch_word(on: bool) -> str:
    return "Enabled" if on else "Disabled"


VERSIONING = record(
    {
        "enabled": boolean(default=False, api="Status", encode=versioning_word, decode=is_enabled),
        "mfaDelete": boolean(api="MFADelete", encode=switch_word, decode=is_enabled),
    },
    computed=True,
)


# ── Access ──────────────────────────────────────────────────────────────────────────

CANNED = (
    *("private", "public-read", "public-read-write", "aws-exec-read"),
    *("authenticated-read", "bucket-owner-read", "bucket-owner-full-control"),
    "log-delivery-write",
)
_EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
_SIGNED_IN = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


def canned_acl(answer: dict[str, Any]) -> str:
    """The canned ACL that gives the grants found."""
    public = {
        (grant["Grantee"].get("URI"), grant["Permission"])
        for grant in answer["Grants"]
        if "URI" in grant["Grantee"]
    }
    if (_EVERYBODY, "WRITE") in public:
        return "public-read-write"
    if (_EVERYBODY, "READ") in public:
        return "public-read"
    return "authenticated-read" if (_SIGNED_IN, "READ") in public else "private"


def acl_policy(grants: list[dict[str, Any]]) -> dict[str, Any]:
    given = []
    for grant in grants:
        grantee = {name: grant[name] for name in ("ID", "Type", "URI") if name in grant}
        given += [{"Grantee": grantee, "Permission": one} for one in grant["Permissions"]]
    owner = next((one["ID"] for one in grants if "ID" in one), "")
    return {"Grants": given, "Owner": {"ID": owner}}


def grants_found(answer: dict[str, Any]) -> list[dict[str, Any]]:
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for grant in answer["Grants"]:
        grantee = grant["Grantee"]
        key = (grantee.get("ID", ""), grantee.get("URI", ""))
        merged.setdefault(key, {**grantee, "Permissions": []})
        merged[key]["Permissions"].append(grant["Permission"])
    return list(merged.values())


GRANTS = listed(
    record(
        {
            "id": text(api="ID"),
            "permissions": listed(text(), required=True, is_set=True),
            "type": text(required=True, choices=("CanonicalUser", "Group")),
            "uri": text(api="URI"),
        }
    ),
    is_set=True,
    computed=True,
)


# ── Website ─────────────────────────────────────────────────────────────────────────


def _redirect_to_api(value: str) -> dict[str, str]:
    parts = urlsplit(value if "//" in value else f"//{value}")
    scheme = {"Protocol": parts.scheme} if parts.scheme else {}
    return {"HostName": parts.netloc + parts.path, **scheme}


def _redirect_from_api(found: dict[str, str]) -> str:
    scheme = f"{found['Protocol']}://" if "Protocol" in found else ""
    return scheme + found["HostName"]


WEBSITE = record(
    {
        "errorDocument": text(**inside("Key")),
        "indexDocument": text(**inside("Suffix")),
        "redirectAllRequestsTo": text(encode=_redirect_to_api, decode=_redirect_from_api),
        "routingRules": text(same=same_json, encode=json.loads, decode=json.dumps),
    },
    computed=True,
)


# ── Encryption ──────────────────────────────────────────────────────────────────────

ENCRYPTION_RULE: dict[str, Property] = {
    "applyServerSideEncryptionByDefault": record(
        {
            "kmsMasterKeyId": text(api="KMSMasterKeyID"),
            "sseAlgorithm": text(
                required=True,
                choices=("AES256", "aws:kms", "aws:kms:dsse"),
                api="SSEAlgorithm",
            ),
        }
    ),
    "blockedEncryptionTypes": listed(
        text(choices=("NONE", "SSE-C")),
        is_set=True,
        computed=True,
        **inside("EncryptionType"),
    ),
    "bucketKeyEnabled": boolean(),
}
ENCRYPTION = record(
    {
        "rule": record(
            ENCRYPTION_RULE,
            required=True,
            api="Rules",
            encode=lambda rule: [rule],
            decode=lambda rules: rules[0],
        )
    },
    computed=True,
)

OBJECT_LOCK = record(
    {
        "objectLockEnabled": text(default="Enabled", choices=("Enabled",)),
        "rule": record(
            {
                "defaultRetention": record(
                    {
                        "days": integer(low=1),
                        "mode": text(choices=("GOVERNANCE", "COMPLIANCE")),
                        "years": integer(low=1),
                    },
                    required=True,
                )
            }
        ),
    },
    computed=True,
)

CORS = listed(
    record(
        {
            "allowedHeaders": listed(text()),
            "allowedMethods": listed(text(), required=True),
            "allowedOrigins": listed(text(), required=True),
            "exposeHeaders": listed(text()),
            "maxAgeSeconds": integer(low=0),
        }
    ),
    computed=True,
)

LOGGING = record(
    {"targetBucket": text(required=True), "targetPrefix": text(default="")}, computed=True
)

"""A bucket's settings, as the program writes them and as Cloud Storage has them."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider.google.resource import DELETION_POLICY, LABELS, PROJECT
from provisioning.sandbox.provider.google.shapes import from_rest, to_rest
from provisioning.sandbox.provider.properties import (
    Property,
    boolean,
    integer,
    listed,
    record,
    text,
)
from provisioning.sandbox.provider.values import Properties

_ENFORCEMENT = record(
    {"effectiveTime": text(computed=True), "restrictionMode": text(required=True)}
)
_SEND_IF_ZERO = {
    name: boolean(local=True)
    for name in (
        "sendAgeIfZero",
        "sendDaysSinceCustomTimeIfZero",
        "sendDaysSinceNoncurrentTimeIfZero",
        "sendNumNewerVersionsIfZero",
    )
}
_CONDITION = record(
    {
        "age": integer(),
        "createdBefore": text(),
        "customTimeBefore": text(),
        "daysSinceCustomTime": integer(),
        "daysSinceNoncurrentTime": integer(),
        "matchesPrefixes": listed(text(), api="matchesPrefix"),
        "matchesStorageClasses": listed(text(), api="matchesStorageClass"),
        "matchesSuffixes": listed(text(), api="matchesSuffix"),
        "noncurrentTimeBefore": text(),
        "numNewerVersions": integer(),
        "sizeAboveBytes": integer(),
        "sizeBelowBytes": integer(),
        "withState": text(computed=True, local=True),
        **_SEND_IF_ZERO,
    },
    required=True,
)
_RULE = record(
    {
        "action": record({"storageClass": text(), "type": text(required=True)}, required=True),
        "condition": _CONDITION,
    }
)
_NETWORK = record(
    {
        "allowedIpCidrRanges": listed(text(), required=True),
        "network": text(required=True),
    }
)


def _upper(old: Any, new: Any) -> bool:
    return str(old).upper() == str(new).upper()


INPUTS: dict[str, Property] = {
    "autoclass": record({"enabled": boolean(required=True), "terminalStorageClass": text()}),
    "cors": listed(
        record(
            {
                "maxAgeSeconds": integer(),
                "methods": listed(text(), api="method"),
                "origins": listed(text(), api="origin"),
                "responseHeaders": listed(text(), api="responseHeader"),
            }
        )
    ),
    "customPlacementConfig": record({"dataLocations": listed(text(), required=True)}),
    "defaultEventBasedHold": boolean(),
    "deletionPolicy": DELETION_POLICY,
    "enableObjectRetention": boolean(replaces=True),
    "encryption": record(
        {
            "customerManagedEncryptionEnforcementConfig": _ENFORCEMENT,
            "customerSuppliedEncryptionEnforcementConfig": _ENFORCEMENT,
            "defaultKmsKeyName": text(),
            "googleManagedEncryptionEnforcementConfig": _ENFORCEMENT,
        }
    ),
    "forceDestroy": boolean(default=False, local=True),
    "hierarchicalNamespace": record({"enabled": boolean(required=True)}, replaces=True),
    "ipFilter": record(
        {
            "allowAllServiceAgentAccess": boolean(),
            "allowCrossOrgVpcs": boolean(),
            "mode": text(required=True),
            "publicNetworkSource": record({"allowedIpCidrRanges": listed(text(), required=True)}),
            "vpcNetworkSources": listed(_NETWORK),
        }
    ),
    "labels": LABELS,
    "lifecycleRules": listed(_RULE),
    "location": text(required=True, replaces=True, same=_upper),
    "logging": record({"logBucket": text(required=True), "logObjectPrefix": text(computed=True)}),
    "name": text(low=3, high=222, computed=True, replaces=True),
    "project": PROJECT,
    "publicAccessPrevention": text(computed=True, choices=("inherited", "enforced")),
    "requesterPays": boolean(),
    "retentionPolicy": record({"isLocked": boolean(), "retentionPeriod": text(required=True)}),
    "rpo": text(computed=True, choices=("DEFAULT", "ASYNC_TURBO")),
    "softDeletePolicy": record(
        {"effectiveTime": text(computed=True), "retentionDurationSeconds": integer(computed=True)},
        computed=True,
    ),
    "storageClass": text(default="STANDARD"),
    "uniformBucketLevelAccess": boolean(computed=True),
    "versioning": record({"enabled": boolean(required=True)}, computed=True),
    "website": record({"mainPageSuffix": text(), "notFoundPage": text()}, computed=True),
}
# These stand alike on both sides.
_ALIKE = (
    "autoclass", "cors", "customPlacementConfig", "defaultEventBasedHold", "encryption",
    "hierarchicalNamespace", "ipFilter", "logging", "retentionPolicy", "rpo", "softDeletePolicy",
    "storageClass", "versioning", "website",
)  # fmt: skip
_FIELDS = {name: INPUTS[name] for name in _ALIKE}


def settings(inputs: Properties, names: set[str]) -> dict[str, Any]:
    """Those of these names, for a creation or a patch; null takes one away."""
    wish = {name: inputs.get(name) for name in names & set(_ALIKE)}
    found: dict[str, Any] = {**dict.fromkeys(wish), **to_rest(_FIELDS, wish)}
    access: dict[str, Any] = {}
    if "uniformBucketLevelAccess" in names:
        enabled = bool(inputs.get("uniformBucketLevelAccess"))
        access["uniformBucketLevelAccess"] = {"enabled": enabled}
    if inputs.get("publicAccessPrevention") and "publicAccessPrevention" in names:
        access["publicAccessPrevention"] = inputs["publicAccessPrevention"]
    if access:
        found["iamConfiguration"] = access
    if "lifecycleRules" in names:
        rules = to_rest({"rule": INPUTS["lifecycleRules"]}, {"rule": inputs.get("lifecycleRules")})
        found["lifecycle"] = rules or None
    if "requesterPays" in names:
        found["billing"] = {"requesterPays": bool(inputs.get("requesterPays"))}
    if inputs.get("enableObjectRetention"):
        found["objectRetention"] = {"mode": "Enabled"}
    return found


def shown(found: dict[str, Any], known: Properties) -> Properties:
    access = found.get("iamConfiguration", {})
    rules = {"lifecycleRules": found.get("lifecycle", {}).get("rule", [])}
    return {
        **from_rest(_FIELDS, found),
        **from_rest({"lifecycleRules": INPUTS["lifecycleRules"]}, rules),
        "location": found["location"],
        "name": found["name"],
        "publicAccessPrevention": access.get("publicAccessPrevention"),
        "requesterPays": found.get("billing", {}).get("requesterPays"),
        "uniformBucketLevelAccess": access.get("uniformBucketLevelAccess", {}).get("enabled"),
    }

"""Lifecycle and replication rules of a bucket, in the provider's shape and in S3's."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.properties import (
    Property,
    boolean,
    inside,
    integer,
    listed,
    mapped,
    record,
    text,
)
from provisioning.sandbox.provider.times import timestamp


def _switch(on: bool) -> str:
    return "Enabled" if on else "Disabled"


def _is_on(found: str) -> bool:
    return found == "Enabled"


def _filter(given: dict[str, Any]) -> dict[str, Any]:
    """What a rule is for: S3 takes a prefix, or a tag, or else both inside of `And`."""
    prefix, pairs = given.get("Prefix", ""), given.get("Tags", [])
    if pairs:
        return {"And": {"Prefix": prefix, "Tags": pairs}}
    return {"Prefix": prefix}


def _filtered(found: dict[str, Any]) -> dict[str, Any]:
    both = found.get("And", found)
    pairs = both.get("Tags", [both["Tag"]] if "Tag" in both else [])
    return {"Prefix": both.get("Prefix", ""), "Tags": pairs}


def _with_filter(rule: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in rule.items() if name not in ("Prefix", "Tags")}
    return {**rest, "Filter": _filter(rule)}


def _without_filter(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, **_filtered(found.get("Filter", found))}


_TAGS = mapped(text(), encode=tags.as_pairs, decode=tags.as_map)
_DATE = text(decode=timestamp)
_CLASS = text(required=True)

LIFECYCLE: Property = listed(
    record(
        {
            "abortIncompleteMultipartUploadDays": integer(
                api="AbortIncompleteMultipartUpload", **inside("DaysAfterInitiation")
            ),
            "enabled": boolean(required=True, api="Status", encode=_switch, decode=_is_on),
            "expiration": record(
                {"date": _DATE, "days": integer(low=0), "expiredObjectDeleteMarker": boolean()}
            ),
            "id": text(high=255, computed=True, api="ID"),
            "noncurrentVersionExpiration": record({"days": integer(low=1, api="NoncurrentDays")}),
            "noncurrentVersionTransitions": listed(
                record({"days": integer(low=0, api="NoncurrentDays"), "storageClass": _CLASS}),
                is_set=True,
            ),
            "prefix": text(),
            "tags": _TAGS,
            "transitions": listed(
                record({"date": _DATE, "days": integer(low=0), "storageClass": _CLASS}),
                is_set=True,
            ),
        },
        encode=_with_filter,
        decode=_without_filter,
    ),
    computed=True,
)

_TIMED = {
    "metrics": ("Metrics", "EventThreshold"),
    "replicationTime": ("ReplicationTime", "Time"),
}
_DESTINATION: dict[str, Property] = {
    "accessControlTranslation": record({"owner": text(required=True, choices=("Destination",))}),
    "accountId": text(api="Account"),
    "bucket": text(required=True),
    "replicaKmsKeyId": text(api="EncryptionConfiguration", **inside("ReplicaKmsKeyID")),
    "storageClass": text(),
    **{
        name: record(
            {
                "minutes": integer(default=15, api=limit, **inside("Minutes")),
                "status": text(default="Enabled", choices=("Enabled", "Disabled")),
            },
            api=api,
        )
        for name, (api, limit) in _TIMED.items()
    },
}

REPLICATION: Property = record(
    {
        "role": text(required=True),
        "rules": listed(
            record(
                {
                    "deleteMarkerReplicationStatus": text(
                        choices=("Enabled", "Disabled"),
                        api="DeleteMarkerReplication",
                        **inside("Status"),
                    ),
                    "destination": record(_DESTINATION, required=True),
                    "filter": record(
                        {"prefix": text(), "tags": _TAGS}, encode=_filter, decode=_filtered
                    ),
                    "id": text(high=255, computed=True, api="ID"),
                    "prefix": text(high=1024),
                    "priority": integer(),
                    "sourceSelectionCriteria": record(
                        {
                            "sseKmsEncryptedObjects": record(
                                {
                                    "enabled": boolean(
                                        required=True, api="Status", encode=_switch, decode=_is_on
                                    )
                                }
                            )
                        }
                    ),
                    "status": text(required=True, choices=("Enabled", "Disabled")),
                }
            ),
            required=True,
            is_set=True,
        ),
    },
    computed=True,
)

"""Tags in the two shapes of the clouds' APIs, and what changed between two sets of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.properties import Property, listed, mapped, record, text
from provisioning.sandbox.provider.rest_cloud import RestCloud
from provisioning.sandbox.provider.values import Properties

MAPPED: Property = mapped(text(high=256))
LISTED: Property = listed(
    record({"key": text(required=True, low=1, high=128), "value": text(required=True, high=256)}),
    is_set=True,
)


def wanted(cloud: Cloud | RestCloud, inputs: Properties) -> dict[str, str]:
    """The tags of a resource together with the provider's default ones."""
    return {**cloud.default_tags, **inputs.get("tags", {})}


def shown(cloud: Cloud, found: Mapping[str, str]) -> Properties:
    """`tags` and `tagsAll` for the tags found; the cloud's own `aws:` ones stay out."""
    all_tags = {key: value for key, value in found.items() if not key.startswith("aws:")}
    own = {key: all_tags[key] for key in all_tags if cloud.default_tags.get(key) != all_tags[key]}
    return {"tags": own, "tagsAll": all_tags}


def as_pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_map(pairs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {str(pair["Key"]): str(pair["Value"]) for pair in pairs}


def removed(found: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [key for key in found if key not in now and not key.startswith("aws:")]

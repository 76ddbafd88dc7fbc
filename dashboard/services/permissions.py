"""What a Connection needs to be allowed: the permissions that Blueprints declare for its level."""

from __future__ import annotations

from collections.abc import Collection

from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint
from provisioning.clouds import policies
from provisioning.clouds.policies import Needed, PolicyDocument
from provisioning.contracts import Cloud, Level
from provisioning.errors import InvalidInput


def policy(
    cloud: Cloud,
    level: Level,
    *,
    blueprints: Collection[str] = (),
    account: str = "",
    region: str = "",
    suffix: str = "",
) -> tuple[PolicyDocument, ...]:
    """The least-privilege policy for these kinds of pipelines, for all that there are if none
    is named."""
    chosen = _chosen(cloud, blueprints)
    needed = Needed(
        level=level,
        permissions=_declared(chosen, level),
        reading=_declared(chosen, Level.OBSERVE),
        account=account,
        region=region,
        suffix=suffix,
    )
    return policies.policy(cloud, needed)


def kinds_of(cloud: Cloud) -> list[tuple[str, str]]:
    """What can be chosen from: each Blueprint's kind and label."""
    return [(each.kind, each.label) for each in _chosen(cloud, ())]


def _chosen(cloud: Cloud, kinds: Collection[str]) -> list[Blueprint]:
    of_cloud = [each for each in registry.every() if each.cloud is cloud]
    unknown = set(kinds) - {each.kind for each in of_cloud}
    if unknown:
        known = ", ".join(each.kind for each in of_cloud)
        message = f"{', '.join(sorted(unknown))} is no blueprint of this cloud. Known: {known}."
        raise InvalidInput.at("blueprints", message, "unknown")
    return [each for each in of_cloud if not kinds or each.kind in kinds]


def _declared(blueprints: list[Blueprint], level: Level) -> tuple[str, ...]:
    found = (each for blueprint in blueprints for each in blueprint.permissions[level])
    return tuple(dict.fromkeys(found))

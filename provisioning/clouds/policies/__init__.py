"""The least-privilege policy of a level, as each cloud writes it.

What is permitted comes from outside: the permissions that Blueprints declare for the level.
"""

from __future__ import annotations

from collections.abc import Callable

from provisioning.clouds.policies import aws, azure, google
from provisioning.clouds.policies.documents import ACCOUNTS, Needed, PolicyDocument
from provisioning.contracts import Cloud

__all__ = ["ACCOUNTS", "Needed", "PolicyDocument", "policy"]

WRITERS: dict[Cloud, Callable[[Needed], tuple[PolicyDocument, ...]]] = {
    Cloud.AWS: aws.documents,
    Cloud.AZURE: azure.documents,
    Cloud.GOOGLE: google.documents,
}


def policy(cloud: Cloud, needed: Needed) -> tuple[PolicyDocument, ...]:
    """One document; several where the cloud's limit of one is too small for it."""
    return WRITERS[cloud](needed)

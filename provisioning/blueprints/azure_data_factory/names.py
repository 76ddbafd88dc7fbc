"""The fixed names of what is deployed, from the slug; imports nothing, so that programs may.

Factories and storage accounts share one name space on earth: a hash of subscription and slug
keeps ours apart from others', the same at every deployment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

# https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/resource-name-rules
GROUP_LIMIT = 90
FACTORY_LIMIT = 63
ACCOUNT_LIMIT = 24
TOPIC_LIMIT = 50
HASH = 8
MOST_NATIVES = 19  # of one trigger, as `key_of` knows them

CONTAINER = "data"
TAG = "skyclock:pipeline"
TOKEN = "skyclock_token"  # noqa: S105  the pipeline parameter that carries a request's token

# https://learn.microsoft.com/en-us/azure/role-based-access-control/built-in-roles
ROLES = {
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "EventGrid Data Sender": "d5a91429-5739-47e2-a06b-3470a27159e7",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
}


def group(slug: str) -> str:
    return pipeline(slug)[:GROUP_LIMIT]


def factory(slug: str, subscription: str) -> str:
    return _unique(f"skyclock-{slug}", _hash(slug, subscription), FACTORY_LIMIT)


def account(slug: str, subscription: str) -> str:
    """3 to 24 lower-case letters and digits."""
    letters = re.sub(r"[^a-z0-9]", "", slug)
    return f"sky{letters}"[: ACCOUNT_LIMIT - HASH] + _hash(slug, subscription)


def topic(slug: str, subscription: str) -> str:
    return _unique(f"skyclock-{slug}", _hash(slug, subscription), TOPIC_LIMIT)


def pipeline(slug: str) -> str:
    return f"skyclock-{slug}".rstrip("-")


def trigger(slug: str, resource: str) -> str:
    """Of one native trigger, by the name that its resource has in the program."""
    return f"skyclock-{slug}-{resource}"


def resource(key: str, position: int) -> str:
    """ "t1", "t1-2": of one native trigger; most triggers need only the first."""
    return f"{key}-{position + 1}" if position else key


def claimed(slug: str, subscription: str, keys: Iterable[str]) -> Iterator[str]:
    """The names of all native triggers that these triggers may take, as "factory/trigger"."""
    for key in keys:
        for position in range(MOST_NATIVES):
            yield f"{factory(slug, subscription)}/{trigger(slug, resource(key, position))}"


def key_of(slug: str, native: str, keys: tuple[str, ...]) -> str:
    """The trigger that a native trigger belongs to; "" of a stranger's."""
    start = f"skyclock-{slug}-"
    rest = native.removeprefix(start) if native.startswith(start) else ""
    fitting = (key for key in keys if re.fullmatch(rf"{re.escape(key)}(-[2-9]|-1[0-9])?", rest))
    return max(fitting, key=len, default="")


def group_id(slug: str, subscription: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group(slug)}"


def factory_id(slug: str, subscription: str) -> str:
    name = factory(slug, subscription)
    return f"{group_id(slug, subscription)}/providers/Microsoft.DataFactory/factories/{name}"


def account_id(slug: str, subscription: str) -> str:
    name = account(slug, subscription)
    return f"{group_id(slug, subscription)}/providers/Microsoft.Storage/storageAccounts/{name}"


def topic_id(slug: str, subscription: str) -> str:
    name = topic(slug, subscription)
    return f"{group_id(slug, subscription)}/providers/Microsoft.EventGrid/topics/{name}"


def role_definition(role: str, subscription: str) -> str:
    where = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions"
    return f"{where}/{ROLES[role]}"


def role_assignment(slug: str, subscription: str, what: str) -> str:
    """A GUID, the same at every deployment: `what` tells one assignment from another."""
    return str(uuid5(NAMESPACE_URL, f"skyclock/{subscription}/{slug}/{what}"))


def _hash(slug: str, subscription: str) -> str:
    return sha256(f"{subscription.lower()}/{slug}".encode()).hexdigest()[:HASH]


def _unique(name: str, hash: str, limit: int) -> str:
    """Letters and digits with single hyphens between them."""
    plain = re.sub(r"-+", "-", name)[: limit - HASH - 1].strip("-")
    return f"{plain}-{hash}"

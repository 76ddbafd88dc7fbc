"""Names that Google Blueprints have in common; imports nothing, so that programs may."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

LABEL = "skyclock-pipeline"
DATA = "data"  # the bucket that people put into
EVENTS = "events"  # the account that Eventarc carries events as

# https://cloud.google.com/iam/docs/service-accounts-create,
# https://cloud.google.com/storage/docs/buckets#naming, and the APIs' own references.
ACCOUNT_LIMIT = 30
BUCKET_LIMIT = 63
TRIGGER_LIMIT = 63
LABEL_LIMIT = 63
ITS_OWN = re.compile(r"g[o0]+g[l1i]e")


@dataclass(frozen=True)
class Place:
    """One project in one region, where resources have their names."""

    region: str
    project: str

    @property
    def parent(self) -> str:
        return f"projects/{self.project}/locations/{self.region}"

    def email(self, account: str) -> str:
        """Of a service account by its id."""
        return f"{account}@{self.project}.iam.gserviceaccount.com"

    def account(self, slug: str, purpose: str) -> str:
        return self.email(account_id(slug, purpose))

    def account_name(self, email: str) -> str:
        return f"projects/{self.project}/serviceAccounts/{email}"

    def bucket(self, slug: str, purpose: str) -> str:
        """All projects of the world share the names of buckets, and none may contain Google's
        own name, or what looks like it."""
        plain = ITS_OWN.sub("g", slug)
        place = self.project if plain == slug else f"{self.project}/{slug}"
        world = sha256(place.encode()).hexdigest()[:8]
        return fitted(f"skyclock-{plain}-{purpose}-{world}", BUCKET_LIMIT)

    def trigger(self, slug: str, key: str) -> str:
        return f"{self.parent}/triggers/{trigger_id(slug, key)}"

    def topic(self, slug: str) -> str:
        return f"projects/{self.project}/topics/{own(slug)}"


def own(slug: str) -> str:
    """The root of all names of one Pipeline, and the name of its main resource."""
    return f"skyclock-{slug}".rstrip("-")


def account_id(slug: str, purpose: str) -> str:
    return fitted(f"skyclock-{slug}-{purpose}", ACCOUNT_LIMIT)


def trigger_id(slug: str, key: str) -> str:
    """Of an Eventarc trigger, and of the workflow that it starts."""
    return fitted(f"skyclock-{slug}-{key}", TRIGGER_LIMIT)


def labels(slug: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Labels are small letters, digits, - and _; a key begins with a letter."""
    cleaned = {_label(key).lstrip("-_0123456789"): _label(value) for key, value in tags.items()}
    return {**{key: value for key, value in cleaned.items() if key}, LABEL: slug[:LABEL_LIMIT]}


def fitted(name: str, limit: int) -> str:
    """The name itself where it is allowed; else cut, with a hash that keeps it unique."""
    allowed = re.sub(r"[^a-z0-9-]", "-", name.lower())
    if allowed == name and len(name) <= limit and not name.endswith("-"):
        return name
    return f"{allowed[: limit - 9].rstrip('-')}-{sha256(name.encode()).hexdigest()[:8]}"


def _label(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:LABEL_LIMIT]

"""Words and signs for what a Deployment does to a resource."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils import timezone

from dashboard.models import Deployment, DeploymentResource
from dashboard.queries import Place
from dashboard.services import waiting
from dashboard.services.deployment_log import short_kind

register = template.Library()

SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "−", "read": "›",
         "adopt": "↤"}  # fmt: skip
DONE = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted",
        "same": "unchanged", "read": "read", "refresh": "read", "adopt": "adopted"}  # fmt: skip
DOING = {"create": "creating", "update": "updating", "replace": "replacing", "delete": "deleting",
         "same": "comparing", "read": "reading", "refresh": "reading",
         "adopt": "adopting"}  # fmt: skip
# A refresh changes nothing: it found these changes.
FOUND = {**DONE, "update": "changed", "delete": "gone"}
CAUSES = {
    "permission": "A permission is missing",
    "credential": "The cloud does not accept the connection's credential",
    "name_taken": "A name is taken",
    "quota": "A quota or limit is used up",
    "conflict": "Something else is at work on it, or holds it",
    "throttled": "The cloud was asked too often",
    "not_found": "Something is not there, or is in another region",
    "unreachable": "The cloud was not reached, or failed itself",
}
CHANGES = ("create", "update", "replace", "delete", "adopt")
TO = {"create": "to create", "update": "to change", "replace": "to replace", "delete": "to delete",
      "adopt": "to adopt"}  # fmt: skip
PROPERTY_SIGNS = {"add": "+", "update": "~", "replace": "±", "delete": "−"}
PROPERTY_WORDS = {"add": "added", "update": "changed", "delete": "removed",
                  "replace": "cannot be changed in place"}  # fmt: skip
ORDERS = {
    "create_first": "The new one is made before the old one is deleted.",
    "delete_first": "The old one is deleted before the new one is made.",
}


LONGEST_VALUE = 400


@register.filter
def drift_value(value: Any) -> str:
    """A property as people read it; "" where it is not known, or secret."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{text[:LONGEST_VALUE]} …" if len(text) > LONGEST_VALUE else text


@register.filter
def sign(op: str) -> str:
    return SIGNS.get(op, "=")


@register.filter
def step_words(resource: DeploymentResource, deployment: Deployment) -> str:
    if resource.state == "planned":
        return TO.get(resource.op, "unchanged")
    if resource.state == "failed":
        return f"{resource.op} failed"
    if resource.state == "running" and deployment.final:
        return "not finished"
    words = DOING if resource.state == "running" else _done(deployment)
    return words.get(resource.op, resource.op)


register.filter(short_kind)


@register.filter
def phase_words(deployment: Deployment, places: Mapping[int, Place] | None) -> str:
    place = places.get(deployment.pk) if places else None
    return waiting.phase_words(deployment, place, timezone.now())


@register.filter
def property_count(properties: list[dict[str, Any]]) -> str:
    told = sum(each["op"] != "more" for each in properties)
    more = "" if told == len(properties) else f" and {properties[-1]['new']}"
    return f"{told} {'property' if told == 1 else 'properties'}{more}"


@register.filter
def property_sign(op: str) -> str:
    return PROPERTY_SIGNS.get(op, "")


@register.filter
def property_words(op: str) -> str:
    return PROPERTY_WORDS.get(op, "")


@register.filter
def why_replaced(replacement: dict[str, Any]) -> str:
    """ "Replaced, because name cannot be changed in place. The new one is made first …" """
    paths = " and ".join(replacement["because"])
    why = f"Replaced, because {paths} cannot be changed in place." if paths else "Replaced."
    return f"{why} {ORDERS.get(replacement['order'], '')}".strip()


@register.filter
def counted(tree: Any, deployment: Deployment) -> str:
    """ "2 to create, 1 to change, 7 unchanged": of what there is to see now."""
    words = [step_words(branch.resource, deployment) for branch in tree.changed]
    parts = [f"{count} {word}" for word, count in Counter(words).items()]
    if tree.same:
        parts.append(f"{len(tree.same)} unchanged")
    return ", ".join(parts)


@register.filter
def worker(deployment: Deployment) -> str:
    """The host that executes it, or did. Owners and processes are written "host|boot|…"."""
    return (deployment.lease_owner or deployment.child).partition("|")[0]


@register.filter
def cause(kind: str) -> str:
    """The likely cause of a failure, in words."""
    return CAUSES.get(kind, "")


@register.filter
def changes(deployment: Deployment) -> str:
    """ "8 to create" of a preview, "2 created, 1 updated, 5 unchanged" of the others, and
    "1 gone, 5 unchanged" of a refresh."""
    preview = deployment.only_plans
    counts = deployment.changes
    parts = [
        f"{counts[op]} {TO[op]}" if preview else f"{counts[op]} {_done(deployment)[op]}"
        for op in CHANGES
        if counts.get(op)
    ]
    if counts.get("same"):
        parts.append(f"{counts['same']} unchanged")
    return ", ".join(parts) or "no changes"


def _done(deployment: Deployment) -> dict[str, str]:
    looked = (Deployment.Operation.REFRESH, Deployment.Operation.CHECK)
    return FOUND if deployment.operation in looked else DONE

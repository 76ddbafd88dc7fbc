"""Words and signs for what a Deployment does to a resource."""

from __future__ import annotations

import json
from typing import Any

from django import template

from dashboard.models import Deployment, DeploymentResource
from dashboard.services.deployment_log import short_kind

register = template.Library()

SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "−", "read": "›"}
DONE = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted",
        "same": "unchanged", "read": "read", "refresh": "read"}  # fmt: skip
DOING = {"create": "creating", "update": "updating", "replace": "replacing", "delete": "deleting",
         "same": "comparing", "read": "reading", "refresh": "reading"}  # fmt: skip
# A refresh changes nothing: it found these changes.
FOUND = {**DONE, "update": "changed", "delete": "gone"}
CHANGES = ("create", "update", "replace", "delete")


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
        return f"to {resource.op}" if resource.op in CHANGES else "unchanged"
    if resource.state == "failed":
        return f"{resource.op} failed"
    if resource.state == "running" and deployment.final:
        return "not finished"
    words = DOING if resource.state == "running" else _done(deployment)
    return words.get(resource.op, resource.op)


register.filter(short_kind)


@register.filter
def changes(deployment: Deployment) -> str:
    """ "8 to create" of a preview, "2 created, 1 updated, 5 unchanged" of the others, and
    "1 gone, 5 unchanged" of a refresh."""
    preview = deployment.only_plans
    counts = deployment.changes
    parts = [
        f"{counts[op]} to {op}" if preview else f"{counts[op]} {_done(deployment)[op]}"
        for op in CHANGES
        if counts.get(op)
    ]
    if counts.get("same"):
        parts.append(f"{counts['same']} unchanged")
    return ", ".join(parts) or "no changes"


def _done(deployment: Deployment) -> dict[str, str]:
    looked = (Deployment.Operation.REFRESH, Deployment.Operation.CHECK)
    return FOUND if deployment.operation in looked else DONE

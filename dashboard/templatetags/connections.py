"""How reports of Connections' tests are worded."""

from __future__ import annotations

from django import template

register = template.Library()

CHECKS = {
    "identity": "Who the cloud says we are",
    "clock": "Clock",
    "region": "Region",
    "list": "See what exists",
    "read_runs": "Read runs",
    "start": "Start, stop and pause runs",
    "deploy": "Deploy, passing roles",
}


@register.filter
def check_title(name: str) -> str:
    return CHECKS.get(name, name.replace("_", " ").capitalize())


@register.filter
def said(message: str) -> str:
    """The sentences of a check's message."""
    return message.partition("\n\n")[0]


@register.filter
def to_add(message: str) -> str:
    """What of it is to be copied: a statement of a policy, the command that gives a role."""
    return message.partition("\n\n")[2]

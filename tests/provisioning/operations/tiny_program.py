"""A Pulumi program of things that the tiny provider makes; `settings` say which."""

from __future__ import annotations

import time
from typing import Any

import pulumi

from provisioning.contracts import StackSpec


class Thing(pulumi.CustomResource):
    def __init__(self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:tiny/thing:Thing", name, props, opts)


def program(spec: StackSpec) -> None:
    if "fault" in spec.settings:
        raise KeyError(spec.settings["fault"])
    time.sleep(spec.settings.get("think", 0))
    for text in spec.settings.get("say", ()):
        pulumi.log.info(text)
    before: list[pulumi.Resource] = []
    for name, props in spec.settings["things"].items():
        options = pulumi.ResourceOptions(depends_on=list(before))
        before.append(Thing(name, dict(props), options))
    pulumi.export("things", [thing.id for thing in before if isinstance(thing, Thing)])
    pulumi.export("token", pulumi.Output.secret("an-output-nobody-may-see"))

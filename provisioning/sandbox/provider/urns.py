"""The parts of a URN: `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Urn:
    stack: str
    project: str
    type: str
    name: str

    @property
    def package(self) -> str:
        """`aws`, of a resource as of the provider `pulumi:providers:aws` itself."""
        parts = self.type.split(":")
        return parts[2] if self.type.startswith("pulumi:providers:") else parts[0]


def parse_urn(urn: str) -> Urn:
    stack, project, types, name = urn.removeprefix("urn:pulumi:").split("::", 3)
    return Urn(stack=stack, project=project, type=types.rpartition("$")[2], name=name)

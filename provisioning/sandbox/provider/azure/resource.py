"""What the types of azure-native have in common: each is one document behind one id."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from provisioning.sandbox.provider.azure import arm
from provisioning.sandbox.provider.azure.wire import from_wire, to_wire
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import Property, mapped, text
from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.resource import RestResource
from provisioning.sandbox.provider.rest_cloud import RestCloud, RestRefused
from provisioning.sandbox.provider.values import UNKNOWN, Properties

TAGS = mapped(text(high=256))
# Records of which Azure tells more than a program can wish for: a principal, a tier.
_FULLY_TOLD = {"identity": ("principalId", "tenantId"), "sku": ("tier",)}
# What every type tells beside its inputs.
TOLD = ("azureApiVersion", "name", "type")


def plain_location(name: Any) -> str:
    return str(name).replace(" ", "").lower()


def same_location(old: Any, new: Any) -> bool:
    return plain_location(old) == plain_location(new)


def same_id(old: Any, new: Any) -> bool:
    return str(old).lower().rstrip("/") == str(new).lower().rstrip("/")


def location(**more: Any) -> Property:
    """The provider's own, where the program names none."""
    return text(computed=True, replaces=True, same=same_location, **more)


def parent() -> Property:
    return text(required=True, replaces=True, same=same_id)


def own_name(**more: Any) -> Property:
    return text(computed=True, replaces=True, same=same_id, **more)


def _suffixed(name: str, digits: str) -> str:
    return f"{name}{digits[:8]}"


def suffixed(property: str, *, longest: int, **more: Any) -> Naming:
    """Eight hexadecimal digits after the resource's own name."""
    return Naming(property=property, prefix=None, longest=longest, make=_suffixed, **more)


def copied(property: str, *, longest: int = 260) -> Naming:
    """The resource's own name: it is unique inside of its parent."""
    return Naming(property=property, prefix=None, longest=longest, make=lambda name, _: name)


def guid(property: str) -> Naming:
    return Naming(
        property=property,
        prefix=None,
        longest=36,
        make=lambda _, digits: str(uuid.UUID(digits[:32], version=4)),
    )


class ArmResource(RestResource):
    """`path` is the id below the resource group; `{…}` names the inputs that are in it.

    `top` are the inputs that stand beside the properties of the document. All others are in
    its properties, under the provider's name unless a description says otherwise.
    """

    version: ClassVar[str]
    path: ClassVar[str]
    top: ClassVar[tuple[str, ...]] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The inputs that only say where it is: the outputs do not repeat them."""
        return tuple(re.findall(r"\{(\w+)\}", self._template()))

    def id(self, cloud: RestCloud, inputs: Properties) -> str:
        spelled = {name: str(inputs[name]) for name in self.addresses}
        return f"/subscriptions/{cloud.account}/{self._template().format(**spelled)}"

    def create(self, cloud: RestCloud, inputs: Properties) -> str:
        inputs = self.prepared(cloud, inputs)
        id = self.id(cloud, inputs)
        if arm.get(cloud, id, version=self.version) is not None:
            raise Refusal(f"cannot create already existing resource '{id}'")
        arm.put(cloud, id, self.body(inputs), version=self.version)
        return id

    def read(self, cloud: RestCloud, id: str, known: Properties) -> Properties | None:
        found = arm.get(cloud, id, version=self.version)
        if found is None:
            return None
        return {
            **self.shown(found),
            **self._addressed(found["id"]),
            "azureApiVersion": self.version,
            "name": found["name"],
            "type": found["type"],
        }

    def update(
        self, cloud: RestCloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        # The whole document: what is left out would be cleared.
        body = self.body(self.prepared(cloud, news))
        arm.put(cloud, id, body, version=self.version)

    def delete(self, cloud: RestCloud, id: str, state: Properties) -> None:
        arm.delete(cloud, id, version=self.version)

    def prepared(self, cloud: RestCloud, inputs: Properties) -> Properties:
        if "location" in self.inputs and not inputs.get("location"):
            return {**inputs, "location": cloud.region}
        return inputs

    def body(self, inputs: Properties) -> dict[str, Any]:
        """The document that is put."""
        given = {name: value for name, value in inputs.items() if name not in self.addresses}
        wire = to_wire(self.inputs, given)
        top = {name: wire[name] for name in self.top if name in wire}
        inner = {name: value for name, value in wire.items() if name not in self.top}
        return {**top, "properties": inner}

    def shown(self, found: Mapping[str, Any]) -> Properties:
        """The inputs and outputs that a document tells."""
        merged = {**found, **(found.get("properties") or {})}
        values = from_wire(self.inputs, merged)
        for name in set(_FULLY_TOLD) & set(values):
            values[name] = {**found[name], **values[name]}
        outputs = {name: merged[name] for name in self.outputs if merged.get(name) is not None}
        return {**values, **outputs}

    def expected(self, inputs: Properties, olds: Properties) -> Properties:
        found: Properties = {}
        for name, added in _FULLY_TOLD.items():
            given, before = inputs.get(name), olds.get(name) or {}
            if isinstance(given, Mapping):
                known = {each: before.get(each, UNKNOWN) for each in added}
                found[name] = {**known, **given}
        return found

    def told(self, verb: str, id: str, values: Mapping[str, Any], refusal: Refusal) -> str:
        if not isinstance(refusal, RestRefused):
            return str(refusal)
        return f'Status={refusal.status} Code="{refusal.code}" Message="{refusal.message}"'

    def _template(self) -> str:
        return f"resourceGroups/{{resourceGroupName}}/{self.path}"

    def _addressed(self, id: str) -> Properties:
        """What the id says, for an import that knows nothing else."""
        parts = re.split(r"\{(\w+)\}", self._template())
        pattern = "".join(
            f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)
        )
        match = re.fullmatch(rf"/subscriptions/[^/]+/{pattern}", id, re.IGNORECASE)
        return dict(match.groupdict()) if match else {}

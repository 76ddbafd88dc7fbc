"""What every simulated resource type provides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import Property
from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.rest_cloud import RestCloud
from provisioning.sandbox.provider.values import Properties

C = TypeVar("C")  # the cloud that its calls go to


class AnyResource(ABC, Generic[C]):
    """One resource type: its properties, and the calls that make, show, change and end one.

    Handlers see plain values, checked, with defaults and without unknowns, and let the
    cloud's refusals pass through.
    """

    type: ClassVar[str]  # its token
    label: ClassVar[str]  # as the provider's messages name it: "IAM Role"
    inputs: ClassVar[Mapping[str, Property]]
    outputs: ClassVar[tuple[str, ...]] = ()  # what only the cloud gives
    naming: ClassVar[Naming | None] = None
    # Outputs that follow from an input and the provider's configuration: which input.
    follows: ClassVar[Mapping[str, str]] = {}
    # Two of them at once would be one and the same thing in the cloud.
    delete_before_replace: ClassVar[bool] = False

    def check(self, inputs: Properties) -> list[Failure]:
        """Rules that need more than one property. Values may be unknown."""
        return []

    def expected(self, inputs: Properties, olds: Properties) -> Properties:
        """Of a preview: inputs that the cloud adds something to, with that, as far as known."""
        return {}

    def implied(self, cloud: C, inputs: Properties) -> Properties:
        """Those that `follows` names. Values may be unknown."""
        return {}

    @abstractmethod
    def create(self, cloud: C, inputs: Properties) -> str:
        """Make it, with the one call that does, and return its id."""

    def settle(self, cloud: C, id: str, inputs: Properties) -> None:
        """The calls after creation. When one fails the resource exists, incomplete."""

    @abstractmethod
    def read(self, cloud: C, id: str, known: Properties) -> Properties | None:
        """All properties as the cloud has them now; None when it is gone.

        `known` is the last known state; of what the cloud cannot tell, it is the truth.
        """

    def kept_id(self, id: str, live: Properties) -> str:
        """The id in the state of what was imported as `id`: some kinds have two names there."""
        return id

    def update(
        self, cloud: C, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        """Change what `changed` names; only properties that do not replace get here."""

    @abstractmethod
    def delete(self, cloud: C, id: str, state: Properties) -> None:
        """End it; that it is gone already is success."""

    def called(self, id: str, values: Mapping[str, Any]) -> str:
        """The name that error messages show."""
        name = values.get(self.naming.property) if self.naming else None
        return str(name or id)

    def told(self, verb: str, id: str, values: Mapping[str, Any], refusal: Refusal) -> str:
        """A refusal as the real provider words it: what was being done to what, then why."""
        return f"{verb} {self.label} ({self.called(id, values)}): {refusal}"


class Resource(AnyResource[Cloud]):
    """One of AWS."""


class RestResource(AnyResource[RestCloud]):
    """One of Azure or Google."""

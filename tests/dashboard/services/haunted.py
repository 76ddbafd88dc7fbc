"""An account whose schedules and triggers a test writes down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from provisioning.contracts import NativeTrigger
from provisioning.errors import NotFound

ARN = "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/"


def native(name: str, **more: Any) -> NativeTrigger:
    usual = {"cloud_id": ARN + name, "kind": "EventBridge schedule", "running": True}
    return NativeTrigger(name=name, **{**usual, **more})


@dataclass
class HauntedAccount:
    there: list[NativeTrigger] = field(default_factory=list)
    error: Exception | None = None
    looks: int = 0
    described_names: list[str] = field(default_factory=list)
    kinds: tuple[str, ...] = ("EventBridge schedule", "EventBridge rule")

    def listed(self, session: Any, kind: str) -> Iterator[NativeTrigger]:
        self.looks += kind == self.kinds[0]
        if self.error:
            raise self.error
        yield from (each for each in self.there if each.kind == kind)

    def described(self, session: Any, found: NativeTrigger) -> NativeTrigger:
        self.described_names.append(found.name)
        return found.model_copy(update={"native": "cron(0 6 * * ? *) UTC"})

    def pause(self, session: Any, cloud_id: str) -> None:
        found = self._at(cloud_id)
        self.there[self.there.index(found)] = found.model_copy(update={"running": False})

    def remove(self, session: Any, cloud_id: str) -> None:
        self.there = [each for each in self.there if each.cloud_id != cloud_id]

    def _at(self, cloud_id: str) -> NativeTrigger:
        found = next((each for each in self.there if each.cloud_id == cloud_id), None)
        if found is None:
            raise NotFound("It is gone.")
        return found

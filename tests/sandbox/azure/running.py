"""Runs of pipelines in tests: begin, let time pass, look."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sandbox.azure.conftest import SandboxAzure

ALWAYS = {
    "lastUpdatedAfter": datetime(2020, 1, 1, tzinfo=UTC).isoformat(),
    "lastUpdatedBefore": datetime(2040, 1, 1, tzinfo=UTC).isoformat(),
}


class Factory:
    def __init__(self, azure: SandboxAzure, name: str) -> None:
        self.azure = azure
        self.name = name
        self.where = ("rg", name)

    @property
    def client(self) -> Any:
        return self.azure.factories

    def put(self, name: str, definition: dict[str, Any]) -> None:
        self.client.pipelines.create_or_update(*self.where, name, definition)

    def start(self, name: str, parameters: dict[str, Any] | None = None, **more: Any) -> str:
        return str(self.client.pipelines.create_run(*self.where, name, parameters, **more).run_id)

    def run(
        self, name: str, parameters: dict[str, Any] | None = None, *, after: str = "PT1H"
    ) -> dict[str, Any]:
        """Start it, let so much time pass, and say how it stands."""
        id = self.start(name, parameters)
        self.azure.advance(after)
        return self.get(id)

    def get(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.pipeline_runs.get(*self.where, id).as_dict()
        return found

    def runs(self, **more: Any) -> list[dict[str, Any]]:
        found = self.client.pipeline_runs.query_by_factory(*self.where, {**ALWAYS, **more})
        return [each.as_dict() for each in found.value]

    def activities(self, run: str, **more: Any) -> list[dict[str, Any]]:
        found = self.client.activity_runs.query_by_pipeline_run(
            *self.where, run, {**ALWAYS, **more}
        )
        return [each.as_dict() for each in found.value]

    def outcomes(self, run: str) -> dict[str, str]:
        """The last status of each activity that ran."""
        return {each["activityName"]: each["status"] for each in self.activities(run)}

    def output(self, run: str, activity: str) -> dict[str, Any]:
        found = [each for each in self.activities(run) if each["activityName"] == activity]
        output: dict[str, Any] = found[-1]["output"]
        return output

    def trigger_runs(self, **more: Any) -> list[dict[str, Any]]:
        found = self.client.trigger_runs.query_by_factory(*self.where, {**ALWAYS, **more})
        return [each.as_dict() for each in found.value]

    def begin(self, name: str, definition: dict[str, Any]) -> None:
        """Put a trigger and start it."""
        self.client.triggers.create_or_update(*self.where, name, definition)
        self.client.triggers.begin_start(*self.where, name).result()

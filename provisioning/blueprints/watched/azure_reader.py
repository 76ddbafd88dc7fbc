"""Runs of a data factory's pipeline that others made, read as those of own ones are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import NotFound, PermissionDenied

from ..azure_data_factory.activity_runs import Graph
from ..azure_data_factory.api import FactoryApi
from ..azure_data_factory.causes import Causes
from ..azure_data_factory.reader import Reader
from .watcher import settings_of

TIMED = ("schedule", "tumbling_window")


class FactoryReader(Reader):
    """A run names the trigger that started it."""

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self._spec = spec
        self._settings = settings_of(spec)
        parts = self._settings.cloud_id.split("/")
        self._api = FactoryApi.of_factory(session, parts[4], parts[8], parts[10])
        self._causes = Causes(self._api)
        self._with_cause = {each.key for each in spec.triggers if each.kind.value not in TIMED}
        self._known: Graph | None = None

    def _trigger(self, invoked: Mapping[str, Any]) -> str:
        name = str(invoked.get("name", ""))
        if invoked.get("invokedByType") == "Manual" or name == "Manual":
            return "manual"
        fitting = (key for key, each in self._settings.starters.items() if each.name == name)
        return next(fitting, "")

    def _firing(self, key: str, told: str) -> datetime | None:
        return None  # a window is told to what asks for it only

    def _graph(self) -> Graph:
        """As the pipeline is now; steps alone where it may not be read."""
        if self._known is None:
            self._known = Graph(self._activities())
        return self._known

    def _activities(self) -> list[dict[str, Any]]:
        client = self._session.client("datafactory")
        try:
            with cloud_errors("read the pipeline's activities"):
                found = client.pipelines.get(*self._api.place, self._api.pipeline).as_dict()
        except (NotFound, PermissionDenied):
            return []
        return list((found.get("properties") or {}).get("activities") or ())

"""What a draft comes to: its rows, its values, and what is still wrong at each step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils import timezone

from dashboard import access
from dashboard.forms.drafts import Draft
from dashboard.forms.settings import SettingsForm
from dashboard.forms.triggers import Preview, preview, values
from dashboard.models import Connection, Pipeline, User
from dashboard.services.problems import under
from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint
from provisioning.errors import Problem

STEPS = {
    "connection": "Connection",
    "what": "What",
    "settings": "Settings",
    "when": "When",
    "review": "Review",
}
Found = tuple[Problem, ...]


@dataclass(frozen=True)
class Described:
    draft: Draft
    user: User

    # ── Rows ────────────────────────────────────────────────────────────────────────

    @cached_property
    def pipeline(self) -> Pipeline | None:
        """The pipeline that is edited; 404 where it is gone."""
        return access.get_pipeline(self.user, self.draft.pipeline) if self.draft.pipeline else None

    @cached_property
    def connection(self) -> Connection | None:
        if self.pipeline:
            return self.pipeline.connection
        rows = access.visible_connections(self.user)
        return rows.filter(pk=self.draft.connection or 0).first()

    @cached_property
    def blueprint(self) -> Blueprint | None:
        kind = self.pipeline.blueprint if self.pipeline else self.draft.blueprint
        return registry.get(kind) if kind in registry.BLUEPRINTS else None

    @property
    def blueprints(self) -> list[Blueprint]:
        """Those that this Connection's cloud has."""
        cloud = self.connection.cloud if self.connection else None
        return [one for one in registry.every() if one.cloud == cloud]

    @property
    def steps(self) -> list[str]:
        return [step for step in STEPS if not (self.pipeline and step == "connection")]

    @property
    def now(self) -> datetime:
        """The Connection's clock."""
        real = timezone.now()
        return self.connection.now(real) if self.connection else real

    # ── Values ──────────────────────────────────────────────────────────────────────

    @cached_property
    def form(self) -> SettingsForm | None:
        return SettingsForm(self.blueprint, self.draft.settings) if self.blueprint else None

    @cached_property
    def _settings(self) -> tuple[dict[str, Any] | None, Found]:
        if not self.form:
            return None, (Problem(field="blueprint", message="Choose what to deploy first."),)
        settings, found = self.form.validate()
        return settings, tuple(under("settings", found))

    @property
    def settings(self) -> dict[str, Any] | None:
        """The canonical settings, None while they are wrong."""
        return self._settings[0]

    @cached_property
    def _triggers(self) -> tuple[list[dict[str, Any]], Found]:
        return values(self.draft.triggers or [], self.blueprint, self.now)

    @property
    def triggers(self) -> list[dict[str, Any]]:
        return self._triggers[0]

    def previews(self) -> list[Preview]:
        typed = self.draft.triggers or []
        return [
            preview(one, self.blueprint, self.now, pipeline_name=self.pipeline_name)
            for one in typed
        ]

    @cached_property
    def others(self) -> dict[int, str]:
        """Names of the pipelines whose runs may start this one, by id."""
        rows = access.visible_pipelines(self.user).exclude(pk=self.draft.pipeline or 0)
        return dict(rows.values_list("pk", "name"))

    def pipeline_name(self, id: int) -> str:
        return self.others.get(id, f"pipeline {id}")

    # ── Problems ────────────────────────────────────────────────────────────────────

    def problems(self, step: str) -> Found:
        match step:
            case "connection":
                return self._connection_problems()
            case "what":
                return self._what_problems()
            case "settings":
                return self._settings[1]
            case "when":
                return self._triggers[1]
        return sum((self.problems(one) for one in self.steps if one != "review"), ())

    def _connection_problems(self) -> Found:
        if not self.connection:
            return (Problem(field="connection", message="Choose a connection."),)
        why = unusable(self.connection)
        return (Problem(field="connection", message=why),) if why else ()

    def _what_problems(self) -> Found:
        found = []
        if not self.blueprint or self.blueprint not in self.blueprints:
            found.append(Problem(field="blueprint", message="Choose what to deploy."))
        if not self.draft.name:
            found.append(Problem(field="name", message="Give the pipeline a name."))
        elif self._taken():
            message = f"A pipeline named “{self.draft.name}” exists already."
            found.append(Problem(field="name", message=message, code="unique"))
        return tuple(found)

    def _taken(self) -> bool:
        others = access.visible_pipelines(self.user).exclude(pk=self.draft.pipeline or 0)
        return others.filter(name=self.draft.name).exists()


def unusable(connection: Connection) -> str:
    """Why nothing can be deployed on this Connection, and whom to ask; "" if it can."""
    if not connection.enabled:
        return f"{connection.name} is disabled. An admin can enable it."
    if connection.level != Connection.LevelName.DEPLOY:
        level = connection.get_level_display().lower()
        return f"{connection.name} has level {level}. An admin can raise it to deploy."
    return ""

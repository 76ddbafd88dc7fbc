"""Data Factory's API for one stack's factory: plain JSON in and out.

The SDK's models lose a document's `type` when they are made by hand (azure-mgmt-datafactory
10.0), so none is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import NotFound

from . import names

Json = dict[str, Any]
STARTED = "Started"
EVENT_TYPES = ("BlobEventsTrigger", "CustomEventsTrigger")


class FactoryApi:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self.place = names.group(spec.slug), names.factory(spec.slug, spec.account)
        self.pipeline = names.pipeline(spec.slug)

    @classmethod
    def of_factory(
        cls, session: Session, group: str, factory: str, pipeline: str = ""
    ) -> FactoryApi:
        """Of any factory, ours or not, and one of its pipelines."""
        found = cls.__new__(cls)
        found._session, found.place, found.pipeline = session, (group, factory), pipeline
        return found

    @property
    def _client(self) -> Any:
        return self._session.client("datafactory")

    # ── Triggers ────────────────────────────────────────────────────────────────────

    def triggers(self) -> dict[str, Json]:
        """Name → properties, of all that the factory has; none of a factory that is not there."""
        try:
            with cloud_errors("read the triggers"):
                found = list(self._client.triggers.list_by_factory(*self.place))
        except NotFound:
            return {}
        return {each["name"]: each["properties"] for each in map(_json, found)}

    def start(self, name: str) -> None:
        with cloud_errors("start a trigger"):
            self._client.triggers.begin_start(*self.place, name).result()

    def stop(self, name: str) -> None:
        with cloud_errors("stop a trigger"):
            self._client.triggers.begin_stop(*self.place, name).result()

    def delete_trigger(self, name: str) -> None:
        with cloud_errors("delete a trigger"):
            self._client.triggers.delete(*self.place, name)

    def subscribe(self, name: str) -> None:
        with cloud_errors("subscribe a trigger to its events"):
            self._client.triggers.begin_subscribe_to_events(*self.place, name).result()

    def unsubscribe(self, name: str) -> None:
        with cloud_errors("end a trigger's subscription"):
            self._client.triggers.begin_unsubscribe_from_events(*self.place, name).result()

    def subscription(self, name: str) -> str:
        """Enabled, Provisioning, Deprovisioning, Disabled or Unknown."""
        with cloud_errors("read a trigger's subscription"):
            found = self._client.triggers.get_event_subscription_status(*self.place, name)
        return str(_json(found).get("status", "Unknown"))

    # ── Runs ────────────────────────────────────────────────────────────────────────

    def pipeline_runs(self, asked: Json) -> Json:
        with cloud_errors("list the runs"):
            return _json(self._client.pipeline_runs.query_by_factory(*self.place, asked))

    def pipeline_run(self, cloud_id: str) -> Json:
        with cloud_errors("read the run"):
            return _json(self._client.pipeline_runs.get(*self.place, cloud_id))

    def activity_runs(self, cloud_id: str, asked: Json) -> Iterator[Json]:
        """All of one run, page by page."""
        query = self._client.activity_runs.query_by_pipeline_run
        token: str | None = None
        while True:
            more = {"continuationToken": token} if token else {}
            with cloud_errors("list the activities"):
                answer = _json(query(*self.place, cloud_id, {**asked, **more}))
            yield from answer.get("value", [])
            token = answer.get("continuationToken")
            if not token:
                return

    def trigger_runs(self, asked: Json) -> Json:
        with cloud_errors("list the triggers' runs"):
            return _json(self._client.trigger_runs.query_by_factory(*self.place, asked))

    def create_run(self, parameters: Json, **options: Any) -> str:
        with cloud_errors("start a run"):
            answer = self._client.pipelines.create_run(
                *self.place, self.pipeline, parameters, **options
            )
        return str(_json(answer)["runId"])

    def cancel(self, cloud_id: str) -> None:
        with cloud_errors("stop the run"):
            self._client.pipeline_runs.cancel(*self.place, cloud_id, is_recursive=True)


def _json(model: Any) -> Json:
    found: Json = model.as_dict()
    return found


def running(triggers: dict[str, Json]) -> list[str]:
    return [name for name, each in triggers.items() if each.get("runtimeState") == STARTED]

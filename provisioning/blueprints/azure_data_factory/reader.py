"""The history of a factory's pipeline, read from Data Factory, which keeps 45 days of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import (
    LogPage,
    RunPage,
    RunRecord,
    RunStatus,
    StackSpec,
    StepRecord,
    TumblingWindowSpec,
)
from provisioning.errors import NotFound

from . import activity_log, names
from .activity_runs import Graph, steps_of
from .api import FactoryApi, Json
from .building import CAUSE, OWN_PARAMETERS
from .causes import Causes
from .references import CAUSES, WINDOW
from .settings import Settings
from .values import text_of

KEPT = timedelta(days=45)
SLACK = timedelta(days=1)  # for what is updated while we read, and for clocks that differ

# Some answers spell the fifth with one l.
STATUSES = {
    "Queued": RunStatus.QUEUED,
    "InProgress": RunStatus.RUNNING,
    "Succeeded": RunStatus.SUCCEEDED,
    "Failed": RunStatus.FAILED,
    "Canceling": RunStatus.RUNNING,
    "Cancelling": RunStatus.RUNNING,
    "Cancelled": RunStatus.STOPPED,
}


class Reader:
    kept: timedelta | None = KEPT

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self._spec = spec
        self._api = FactoryApi(session, spec)
        self._causes = Causes(self._api)
        # A schedule's run says all by its time.
        self._with_cause = {each.key for each in spec.triggers if each.kind.value in CAUSES}

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        """Data Factory asks for when a run was last changed; one that started then was."""
        try:
            answer = self._api.pipeline_runs(self._asked(since, cursor))
        except NotFound:  # destroyed, or not deployed yet
            return RunPage(runs=())
        found = [self._record(each) for each in answer.get("value", []) if each.get("runStart")]
        return RunPage(
            runs=tuple(run for run in found if since is None or run.started >= since),
            cursor=answer.get("continuationToken"),
        )

    def run(self, cloud_id: str) -> RunRecord:
        found = self._api.pipeline_run(cloud_id)
        record = self._record(found)
        if record.cause or record.trigger not in self._with_cause:
            return record
        return record.model_copy(update={"cause": self._causes.of(found)})

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        return steps_of(self._activity_runs(cloud_id), self._graph())

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        """What the activity was given, what came of it, and its error."""
        if not step:
            return activity_log.of_run(self._api.pipeline_run(cloud_id))
        found = [raw for raw, name in zip(*self._named(cloud_id), strict=True) if name == step]
        return activity_log.of_activity(found)

    def _named(self, cloud_id: str) -> tuple[list[Json], list[str]]:
        raw = self._activity_runs(cloud_id)
        return raw, list(Graph.step_names(raw))

    def _activity_runs(self, cloud_id: str) -> list[Json]:
        now = self._session.now()
        asked = {
            "lastUpdatedAfter": _stamp(now - KEPT),
            "lastUpdatedBefore": _stamp(now + SLACK),
            "orderBy": [{"orderBy": "ActivityRunStart", "order": "ASC"}],
        }
        return list(self._api.activity_runs(cloud_id, asked))

    def _graph(self) -> Graph:
        """By this version: a run does not tell what its activities waited for."""
        return Graph.of(Settings.model_validate(self._spec.settings))

    def _asked(self, since: datetime | None, cursor: str | None) -> Json:
        now = self._session.now()
        oldest = now - KEPT
        asked: Json = {
            "lastUpdatedAfter": _stamp(max(since, oldest) if since else oldest),
            "lastUpdatedBefore": _stamp(now + SLACK),
            "filters": [
                {"operand": "PipelineName", "operator": "Equals", "values": [self._api.pipeline]}
            ],
            "orderBy": [{"orderBy": "RunStart", "order": "DESC"}],
        }
        return {**asked, **({"continuationToken": cursor} if cursor else {})}

    def _record(self, found: Json) -> RunRecord:
        status = STATUSES.get(found["status"], RunStatus.RUNNING)
        invoked = found.get("invokedBy") or {}
        parameters = found.get("parameters") or {}
        trigger, told = self._trigger(invoked), str(parameters.get(CAUSE) or "")
        return RunRecord(
            cloud_id=found["runId"],
            status=status,
            cloud_status=found["status"],
            started=_utc(found["runStart"]),
            finished=_utc(found["runEnd"]) if status.final and found.get("runEnd") else None,
            trigger=trigger,
            scheduled_for=self._firing(trigger, told),
            started_by=str(invoked.get("name", "")),
            cause=cause_text(told),
            parameters={
                name: text_of(value)
                for name, value in parameters.items()
                if name.lower() not in OWN_PARAMETERS
            },
            reason=str(found.get("message") or "") if status is not RunStatus.SUCCEEDED else "",
        )

    def _firing(self, key: str, told: str) -> datetime | None:
        """When a window was due: at its end, and after the trigger's delay."""
        spec = next((each for each in self._spec.triggers if each.key == key), None)
        if not isinstance(spec, TumblingWindowSpec):
            return None
        try:
            ended = _utc(told.partition(WINDOW)[2])
        except ValueError:
            return None
        return ended + timedelta(seconds=spec.delay_seconds)

    def _trigger(self, invoked: Mapping[str, Any]) -> str:
        if invoked.get("invokedByType") == "Manual" or invoked.get("name") == "Manual":
            return "manual"
        keys = tuple(each.key for each in self._spec.triggers)
        return names.key_of(self._spec.slug, str(invoked.get("name", "")), keys)


def cause_text(told: str) -> str:
    """A created file is told with its container before it, which is always the same one; a
    window by its two ends."""
    since, _, until = told.partition(WINDOW)
    try:
        return _window(_utc(since), _utc(until))
    except ValueError:
        return told.removeprefix(f"{names.CONTAINER}/")


def _window(since: datetime, until: datetime) -> str:
    """ "2027-03-01 06:00 to 12:00 UTC" """
    same = since.date() == until.date()
    return f"{since:%Y-%m-%d %H:%M} to {until:{'%H:%M' if same else '%Y-%m-%d %H:%M'}} UTC"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

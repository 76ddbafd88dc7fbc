"""The history of a state machine, read from Step Functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.blueprints.aws_common import logs, schedules
from provisioning.blueprints.aws_common.names import Place
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import (
    LogLine,
    LogPage,
    RunPage,
    RunRecord,
    RunStatus,
    ScheduleSpec,
    StackSpec,
    StepRecord,
)
from provisioning.errors import NotFound

from . import names, starting
from .history import lines, steps
from .reasons import reason
from .settings import Settings

PAGE = 200
EVENTS = 1000  # the most that Step Functions gives at once

STATUSES = {
    "RUNNING": RunStatus.RUNNING,
    "PENDING_REDRIVE": RunStatus.RUNNING,
    "SUCCEEDED": RunStatus.SUCCEEDED,
    "FAILED": RunStatus.FAILED,
    "TIMED_OUT": RunStatus.FAILED,
    "ABORTED": RunStatus.STOPPED,
}
LONGEST_VALUE = 1000  # characters of an input's value that are shown
# A schedule's start comes this late at most, beside the age that its retries may reach.
LATE = timedelta(minutes=10)


class Reader:
    kept: timedelta | None = timedelta(days=90)

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self._client = session.client("stepfunctions")
        self._spec = spec
        self._place = Place(spec.region, spec.account)
        self._machine = names.machine_arn(spec.slug, self._place)

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        """The list cannot be asked for a time, but it is newest first: a page that reaches
        what is older is the last."""
        try:
            with cloud_errors("list the runs"):
                answer = self._client.list_executions(
                    stateMachineArn=self._machine,
                    maxResults=PAGE,
                    **({"nextToken": cursor} if cursor else {}),
                )
        except NotFound:  # destroyed, or not deployed yet
            return RunPage(runs=())
        found = [_listed(each) for each in answer["executions"]]
        recent = [run for run in found if since is None or run.started >= since]
        following = answer.get("nextToken") if len(recent) == len(found) else None
        return RunPage(runs=tuple(recent), cursor=following)

    def run(self, cloud_id: str) -> RunRecord:
        with cloud_errors("read the run"):
            found = self._client.describe_execution(executionArn=cloud_id)
        why = reason(found.get("error") or "", found.get("cause") or "")
        return self._with_origin(_listed(found).model_copy(update={"reason": why}), found)

    def _with_origin(self, listed: RunRecord, found: Mapping[str, Any]) -> RunRecord:
        """With what started it, by its input."""
        given = starting.read(found.get("input") or "{}")
        trigger = self._trigger(given, listed.started)
        return listed.model_copy(
            update={
                "trigger": trigger,
                "cause": given.cause if trigger != starting.MANUAL else "",
                "scheduled_for": schedules.scheduled_time(
                    self._spec, trigger, given.mark.get("time", "")
                ),
                "parameters": {name: shortened(value) for name, value in given.parameters.items()},
            }
        )

    def _trigger(self, given: starting.Given, started: datetime) -> str:
        """Who copies the input of an old scheduled run starts a new one by hand."""
        key, fired = given.trigger, given.fired
        trigger = next((each for each in self._spec.triggers if each.key == key), None)
        if isinstance(trigger, ScheduleSpec) and fired:
            retry = Settings.model_validate(self._spec.settings).retry
            longest = timedelta(seconds=retry.maximum_event_age_seconds) + LATE
            return key if started - fired <= longest else starting.MANUAL
        return key

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        with cloud_errors("read the run's history"):
            return steps(self._events(cloud_id), self._place)

    def _events(self, cloud_id: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            answer = self._client.get_execution_history(
                executionArn=cloud_id, maxResults=EVENTS, **token
            )
            yield from answer["events"]
            if not answer.get("nextToken"):
                return
            token = {"nextToken": answer["nextToken"]}

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        if not step:
            return self._history(cloud_id, cursor)
        found = next((each for each in self.steps(cloud_id) if each.name == step), None)
        if found is None or not found.started:
            return LogPage(note="The run has not come to this step.")
        if ":function:" in found.cloud_id:
            group = f"/aws/lambda/{found.cloud_id.rpartition(':function:')[2].partition(':')[0]}"
            return logs.log(
                self._session, group, since=found.started, until=found.finished, cursor=cursor
            )
        if not found.cloud_id:
            return LogPage(note="Nothing that writes a log stands behind this step.")
        return logs.job_log(self._session, found.cloud_id, cursor=cursor)

    def _history(self, cloud_id: str, cursor: str | None) -> LogPage:
        """Of the run itself: the events of its history."""
        with cloud_errors("read the run's history"):
            answer = self._client.get_execution_history(
                executionArn=cloud_id,
                maxResults=EVENTS,
                **({"nextToken": cursor} if cursor else {}),
            )
        told = tuple(LogLine(time=time, text=text) for time, text in lines(answer["events"]))
        return LogPage(lines=told, cursor=answer.get("nextToken"))


def _listed(found: Mapping[str, Any]) -> RunRecord:
    ended = found.get("stopDate")
    return RunRecord(
        cloud_id=found["executionArn"],
        status=STATUSES[found["status"]],
        cloud_status=found["status"],
        started=found["startDate"].astimezone(UTC),
        finished=ended.astimezone(UTC) if ended else None,
    )


def shortened(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"

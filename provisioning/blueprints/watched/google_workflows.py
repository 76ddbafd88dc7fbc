"""Executions of a workflow that an Eventarc trigger starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import (
    LogLine,
    LogPage,
    RunPage,
    RunRecord,
    RunStatus,
    StackSpec,
    StepRecord,
)
from provisioning.errors import CloudError, NotFound, PermissionDenied

from ..google_common.calls import pages
from ..google_common.times import stamp, utc
from .watcher import settings_of

PAGE = 100  # the most that Google gives of whole executions
STATUSES = {
    "QUEUED": RunStatus.QUEUED,
    "ACTIVE": RunStatus.RUNNING,
    "SUCCEEDED": RunStatus.SUCCEEDED,
    "FAILED": RunStatus.FAILED,
    "UNAVAILABLE": RunStatus.FAILED,
    "CANCELLED": RunStatus.STOPPED,
}
STEPS = {
    "STATE_IN_PROGRESS": RunStatus.RUNNING,
    "STATE_SUCCEEDED": RunStatus.SUCCEEDED,
    "STATE_FAILED": RunStatus.FAILED,
    "STATE_CANCELLED": RunStatus.STOPPED,
}
MOST_STEPS = 500
UNSUPPORTED = ("501", "UNIMPLEMENTED")


class ExecutionReader:
    kept: timedelta | None = timedelta(days=90)

    def __init__(self, session: Session, spec: StackSpec) -> None:
        workflows = session.client("workflowexecutions").projects().locations().workflows()
        self._executions = workflows.executions()
        self._settings = settings_of(spec)
        self._key = next(iter(self._settings.starters), "")

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        asked: dict[str, Any] = {
            "parent": self._settings.target,
            "view": "FULL",
            "pageSize": PAGE,
            "orderBy": "createTime desc",
        }
        if since:
            asked["filter"] = f'createTime>="{stamp(since)}"'
        if cursor:
            asked["pageToken"] = cursor
        try:
            with cloud_errors("list the workflow's executions"):
                answer = self._executions.list(**asked).execute()
        except NotFound:
            return RunPage(runs=())
        found = sorted(map(self._record, answer.get("executions", ())), key=lambda one: one.started)
        return RunPage(runs=tuple(reversed(found)), cursor=answer.get("nextPageToken") or None)

    def run(self, cloud_id: str) -> RunRecord:
        with cloud_errors("read the execution"):
            return self._record(self._executions.get(name=cloud_id, view="FULL").execute())

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        """Those that Google keeps; none where it keeps no history of them."""
        try:
            listed = pages(
                self._executions.stepEntries(), "stepEntries", "list the steps", parent=cloud_id
            )
            entries = [each for each, _ in zip(listed, range(MOST_STEPS), strict=False)]
        except (NotFound, PermissionDenied):  # runs without steps are better than none
            return ()
        except CloudError as error:
            if error.code in UNSUPPORTED:
                return ()
            raise
        return _steps(entries)

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        """What it was given and what it answered."""
        with cloud_errors("read the execution"):
            found = self._executions.get(name=cloud_id, view="FULL").execute()
        begun, ended = utc(_begun(found)), utc(found.get("endTime"))
        told = (
            (begun, "argument", found.get("argument")),
            (ended or begun, "result", found.get("result")),
            (ended or begun, "error", (found.get("error") or {}).get("payload")),
        )
        lines = tuple(LogLine(time=at, text=f"{word}: {text}") for at, word, text in told if text)
        return LogPage(lines=lines, note="" if lines else "It was given nothing.")

    def _record(self, found: Mapping[str, Any]) -> RunRecord:
        status = STATUSES.get(str(found["state"]), RunStatus.RUNNING)
        event = _event(found.get("argument"))
        error = found.get("error") or {}
        return RunRecord(
            cloud_id=found["name"],
            status=status,
            cloud_status=found["state"],
            started=utc(_begun(found)),
            finished=utc(found.get("endTime")) if status.final else None,
            # What is given no event was not started by Eventarc.
            trigger=self._key if event else "manual",
            cause=_cause(event),
            reason=str(error.get("context") or error.get("payload") or ""),
        )


def _begun(found: Mapping[str, Any]) -> str:
    return str(found.get("createTime") or found["startTime"])


def _event(argument: Any) -> Mapping[str, Any]:
    """A CloudEvent, as Eventarc hands it on."""
    try:
        read = json.loads(argument) if isinstance(argument, str) else {}
    except ValueError:
        return {}
    return read if isinstance(read, dict) and "specversion" in read else {}


def _cause(event: Mapping[str, Any]) -> str:
    data = event.get("data")
    named = data.get("name") if isinstance(data, dict) else None
    return str(named or f"{event.get('type', '')} {str(event.get('id', ''))[:8]}").strip()


def _steps(entries: list[dict[str, Any]]) -> tuple[StepRecord, ...]:
    names: dict[str, str] = {}
    found: dict[str, StepRecord] = {}
    for each in entries:
        routine, step = str(each.get("routine", "main")), str(each.get("step", ""))
        name = step if routine == "main" else f"{routine}.{step}"
        names[str(each.get("entryId", ""))] = name
        before = names.get(str((each.get("navigationInfo") or {}).get("previous", "")), "")
        status = STEPS.get(str(each.get("state")), RunStatus.RUNNING)
        former = found.get(name)
        found[name] = StepRecord(
            name=name,
            kind=str(each.get("stepType", "")).removeprefix("STEP_").replace("_", " ").capitalize(),
            status=status,
            cloud_status=str(each.get("state", "")),
            started=former.started if former else utc(each.get("createTime")),
            finished=utc(each.get("updateTime")) if status.final else None,
            reason=str((each.get("exception") or {}).get("payload") or ""),
            attempt=former.attempt + 1 if former else 1,
            after=former.after if former else ((before,) if before and before != name else ()),
        )
    return tuple(found.values())

"""Executions of the workflows that events start: which run each one started, and for what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import RunRecord, RunStatus, StackSpec

from ..google_common.calls import found, pages
from ..google_common.names import Place
from ..google_common.times import stamp, utc
from . import names

PAGE = 100  # the most that Google gives of whole executions


@dataclass(frozen=True)
class Started:
    """What an execution told of the job that it started."""

    key: str  # of the trigger
    job: str
    cause: str


class Executions:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._executions = (
            session.client("workflowexecutions").projects().locations().workflows().executions()
        )
        self._spec = spec
        self._place = Place(spec.region, spec.account)
        self._keys = [each.key for each in (*spec.objects, *spec.events)]

    def started(self, since: datetime, until: datetime) -> Iterator[Started]:
        """By executions that were made within this time."""
        filter = f'state="SUCCEEDED" AND {_between(since, until)}'
        for key, each in self._listed(filter):
            told = _table(each.get("result"))
            if told.get("outcome") == "started":
                yield Started(key, str(told.get("job", {}).get("name")), str(told.get("cause", "")))

    def failures(self, since: datetime | None, until: datetime | None) -> Iterator[RunRecord]:
        """Starts that came to nothing: Google took no job, or not as this workflow."""
        filter = " AND ".join(
            filter_ for filter_ in ('state="FAILED"', _between(since, until)) if filter_
        )
        for key, each in self._listed(filter):
            yield _failure(key, each)

    def failure(self, cloud_id: str) -> RunRecord | None:
        each = found(self._executions.get(name=cloud_id, view="FULL"), "read the start")
        key = next((key for key in self._keys if cloud_id.startswith(self._parent(key) + "/")), "")
        return _failure(key, each) if each else None

    def _listed(self, filter: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for key in self._keys:
            asked = {"parent": self._parent(key), "filter": filter, "view": "FULL"}
            for each in pages(
                self._executions, "executions", "list what events started", pageSize=PAGE, **asked
            ):
                yield key, each

    def _parent(self, key: str) -> str:
        return names.workflow(self._spec.slug, key, self._place)


def _between(since: datetime | None, until: datetime | None) -> str:
    parts = [f'createTime>="{stamp(since)}"'] if since else []
    parts += [f'createTime<"{stamp(until)}"'] if until else []
    return " AND ".join(parts)


def _failure(key: str, execution: Mapping[str, Any]) -> RunRecord:
    event = _table(execution.get("argument"))
    return RunRecord(
        cloud_id=execution["name"],
        status=RunStatus.FAILED,
        cloud_status=execution["state"],
        started=utc(execution["createTime"]),
        finished=utc(execution.get("endTime")),
        trigger=key,
        cause=_cause(event),
        reason=f"No job was started: {_reason(execution.get('error', {}))}",
    )


def _cause(event: Mapping[str, Any]) -> str:
    """The object, or the message's type and number, as a run's cause is written too."""
    data = event.get("data") if isinstance(event.get("data"), Mapping) else {}
    attributes = (data or {}).get("message", {}).get("attributes", {})
    named = (data or {}).get("name") or f"{attributes.get('type', '')} {event.get('id', '')}"
    return str(named).strip()


def _reason(error: Mapping[str, Any]) -> str:
    payload = _table(error.get("payload"))
    body = payload.get("body")
    told = body.get("error", {}).get("message") if isinstance(body, Mapping) else None
    return str(told or payload.get("message") or error.get("payload") or "Google gave no reason.")


def _table(text: Any) -> dict[str, Any]:
    """What Workflows hands on as text; {} where it is something else."""
    try:
        read = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        read = {}
    return read if isinstance(read, dict) else {}

"""What set a trigger off, where the run itself does not say: from the triggers' own runs.
They tell as well why a firing started no run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import MissedCause, StackSpec
from provisioning.errors import CloudError

from . import names
from .api import FactoryApi, Json

AROUND = timedelta(minutes=10)  # a firing and the run that it started are seconds apart
NEAR = timedelta(minutes=2)  # a firing and the time that it was due at
DAY = timedelta(days=1)
KEPT = timedelta(days=45)
MOST_PAGES = 5


class Causes:
    def __init__(self, api: FactoryApi) -> None:
        self._api = api
        self._known: dict[str, str] = {}  # by the run that was started

    def of(self, run: Json) -> str:
        """Nothing where Data Factory does not tell."""
        if run["runId"] not in self._known:
            self._read(run)
        return self._known.get(run["runId"], "")

    def _read(self, run: Json) -> None:
        """All firings of the trigger around the run: those of its neighbours come along."""
        started = datetime.fromisoformat(run["runStart"]).astimezone(UTC)
        asked: Json = {
            "lastUpdatedAfter": (started - AROUND).isoformat(),
            "lastUpdatedBefore": (started + AROUND).isoformat(),
            "filters": [
                {
                    "operand": "TriggerName",
                    "operator": "Equals",
                    "values": [(run.get("invokedBy") or {}).get("name", "")],
                }
            ],
        }
        for _ in range(MOST_PAGES):
            try:
                answer = self._api.trigger_runs(asked)
            except CloudError:
                return  # why is worth less than that
            for each in answer.get("value", []):
                for started_run in (each.get("triggeredPipelines") or {}).values():
                    self._known[str(started_run)] = told_by(each)
            token = answer.get("continuationToken")
            if not token or run["runId"] in self._known:
                return
            asked["continuationToken"] = token


def told_by(firing: Json) -> str:
    """An event tells its subject: a blob's has its path at the end."""
    properties: dict[str, Any] = firing.get("properties") or {}
    payload = properties.get("EventPayload")
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except ValueError:
            payload = None
    if not isinstance(payload, dict):
        return ""
    subject = str(payload.get("subject") or "")
    return subject.partition("/blobs/")[2] or subject


# ── Firings that started nothing ────────────────────────────────────────────────────


def of_missed(
    session: Session, spec: StackSpec, key: str, dues: Sequence[datetime]
) -> Mapping[datetime, MissedCause]:
    """By the trigger runs that failed, within what Data Factory keeps."""
    oldest = session.now() - KEPT
    wanted = [due for due in dues if due > oldest]
    if not wanted:
        return {}
    keys = tuple(each.key for each in spec.triggers)
    return failures(
        FactoryApi(session, spec),
        lambda native: names.key_of(spec.slug, native, keys) == key,
        wanted,
    )


def failures(
    api: FactoryApi, is_mine: Callable[[str], bool], wanted: Sequence[datetime]
) -> Mapping[datetime, MissedCause]:
    """Of the native triggers that are meant; by the due times they failed at."""
    found: dict[datetime, MissedCause] = {}
    for each in _failed(api, min(wanted) - AROUND, max(wanted) + DAY):
        due = _due(each, wanted) if is_mine(str(each["triggerName"])) else None
        if due is not None and not each.get("triggeredPipelines"):
            why = str(each.get("message") or "Azure gives no reason.").rstrip(".")
            message = f"Its firing started no run: {why}."
            found.setdefault(due, MissedCause(code="target_failed", message=message))
    return found


def _failed(api: FactoryApi, since: datetime, until: datetime) -> Iterator[Json]:
    asked: Json = {
        "lastUpdatedAfter": since.isoformat(),
        "lastUpdatedBefore": until.isoformat(),
        "filters": [{"operand": "Status", "operator": "Equals", "values": ["Failed"]}],
    }
    for _ in range(MOST_PAGES):
        answer = api.trigger_runs(asked)
        yield from answer.get("value", [])
        if not answer.get("continuationToken"):
            return
        asked["continuationToken"] = answer["continuationToken"]


def _due(firing: Json, dues: Sequence[datetime]) -> datetime | None:
    at = datetime.fromisoformat(firing["triggerRunTimestamp"]).astimezone(UTC)
    near = [due for due in dues if abs(at - due) <= NEAR]
    return min(near, key=lambda due: abs(at - due), default=None)

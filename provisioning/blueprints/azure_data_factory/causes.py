"""What set a trigger off, where the run itself does not say: from the triggers' own runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.errors import CloudError

from .api import FactoryApi, Json

AROUND = timedelta(minutes=10)  # a firing and the run that it started are seconds apart
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

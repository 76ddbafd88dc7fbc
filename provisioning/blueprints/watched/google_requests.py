"""Requests by which Eventarc brings events to a Cloud Run service, from the service's own log.

A service that others made tells nothing in our words: all that is known of a delivery is the
request. Google keeps that log for thirty days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import LogPage, RunPage, RunRecord, RunStatus, StackSpec, StepRecord
from provisioning.errors import NotFound

from ..google_common import logs
from ..google_common.times import stamp, utc
from ..google_eventarc_retraining.deliveries import KEPT, MARGIN, Delivery
from .watcher import settings_of

WINDOW = timedelta(days=3)  # of one page
MOST = 2000  # of one page
CARRIER = "APIs-Google"  # how the pushes behind Eventarc name themselves


class RequestReader:
    kept: timedelta | None = KEPT

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self._spec = spec
        self._settings = settings_of(spec)
        self._service = self._settings.target

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        if not self._service:
            return RunPage(runs=())
        now = self._session.now()
        oldest = max(since, now - KEPT) if since else now - KEPT
        until = datetime.fromisoformat(cursor) if cursor else now + timedelta(minutes=1)
        begin = max(oldest, until - WINDOW)
        between = f'timestamp>="{stamp(begin)}" AND timestamp<"{stamp(until)}"'
        found = [self._record(each) for each in self._requests(between)]
        runs = sorted(found, key=lambda run: run.started, reverse=True)
        return RunPage(runs=tuple(runs), cursor=begin.isoformat() if begin > oldest else None)

    def run(self, cloud_id: str) -> RunRecord:
        return self._record(self._entry(cloud_id))

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        """One: what the service did within a request, its log tells."""
        run = self.run(cloud_id)
        return (
            StepRecord(
                name="delivery",
                kind="Request",
                status=run.status,
                cloud_status=run.cloud_status,
                started=run.started,
                finished=run.finished,
                reason=run.reason,
            ),
        )

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        entry = self._entry(cloud_id)
        delivery = _delivery(entry)
        if not delivery.trace:
            return LogPage(note="The request has no trace, so its lines cannot be told apart.")
        filter = (
            f'{self._of_service()} AND trace="{delivery.trace}" AND '
            f'timestamp>="{stamp(delivery.started - MARGIN)}" AND '
            f'timestamp<="{stamp(delivery.finished + MARGIN)}"'
        )
        return logs.page(self._session, self._spec.account, filter, cursor=cursor)

    def _entry(self, cloud_id: str) -> Mapping[str, Any]:
        since = f'timestamp>="{stamp(self._session.now() - KEPT)}"'
        id = cloud_id.rpartition("/")[2]
        found: list[Mapping[str, Any]] = list(
            islice(self._requests(f'{since} AND insertId="{id}"'), 1)
        )
        if not found:
            raise NotFound("Google has forgotten this request.", code="NOT_FOUND")
        return found[0]

    def _requests(self, more: str) -> Iterator[Mapping[str, Any]]:
        name = f"projects/{self._spec.account}/logs/run.googleapis.com%2Frequests"
        found = logs.entries(
            self._session,
            self._spec.account,
            f'{self._of_service()} AND logName="{name}" AND {more}',
            newest_first=True,
            operation="read the service's requests",
        )
        return islice((each for each in found if _carried(each)), MOST)

    def _of_service(self) -> str:
        _, _, _, region, _, service = self._service.split("/")
        return (
            'resource.type="cloud_run_revision" AND '
            f'resource.labels.service_name="{service}" AND '
            f'resource.labels.location="{region}"'
        )

    def _record(self, entry: Mapping[str, Any]) -> RunRecord:
        request = entry.get("httpRequest") or {}
        delivery, status = _delivery(entry), int(request.get("status") or 0)
        failed = status >= 400
        return RunRecord(
            cloud_id=f"{self._service}/requests/{entry['insertId']}",
            status=RunStatus.FAILED if failed else RunStatus.SUCCEEDED,
            cloud_status=f"HTTP {status}",
            started=delivery.started,
            finished=delivery.finished,
            # Which of several triggers of one service brought it, no log tells.
            trigger=next(iter(self._settings.starters), ""),
            reason=str(entry.get("textPayload") or f"The service answered {status}.")
            if failed
            else "",
        )


def _carried(entry: Mapping[str, Any]) -> bool:
    return CARRIER in str((entry.get("httpRequest") or {}).get("userAgent", ""))


def _delivery(entry: Mapping[str, Any]) -> Delivery:
    return Delivery(utc(str(entry["timestamp"])), {}, entry, str(entry.get("trace", "")))

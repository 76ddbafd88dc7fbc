"""What the logs tell of each event: one structured line and one request for each delivery."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import RunStatus, StackSpec, StepRecord

from ..google_common import logs
from ..google_common.names import Place
from ..google_common.times import stamp, utc
from . import names

KEPT = timedelta(days=30)  # by Cloud Logging's bucket _Default
TRIED = timedelta(days=1)  # by Eventarc, from the first time on
MARGIN = timedelta(hours=1)  # a request lasts no longer
LATE = timedelta(minutes=2)  # that a line may be seen after its request
AT_ONCE = 100  # traces in a filter, which is of at most 20,000 characters
LATENCY = re.compile(r"(\d+(?:\.\d+)?)s")
IGNORED = ("ignored", "paused")


@dataclass(frozen=True)
class Delivery:
    """One time that an event was brought: the service's line, and Cloud Run's of the request."""

    time: datetime
    line: Mapping[str, Any]
    request: Mapping[str, Any] = field(default_factory=dict)
    trace: str = ""

    @property
    def outcome(self) -> str:
        return str(self.line.get("outcome", ""))

    @property
    def well(self) -> bool:
        status = self.request.get("httpRequest", {}).get("status")
        return int(status) < 400 if status else self.outcome not in ("retry", "")

    @property
    def started(self) -> datetime:
        return self._lasted[0]

    @property
    def finished(self) -> datetime:
        return self._lasted[1]

    @property
    def _lasted(self) -> tuple[datetime, datetime]:
        """Google does not say whether a request's time is that of its beginning or its end;
        what the service told meanwhile was between the two."""
        if not self.request:
            return self.time, self.time
        took = LATENCY.fullmatch(str(self.request.get("httpRequest", {}).get("latency", "")))
        latency = timedelta(seconds=float(took[1]) if took else 0.0)
        noted = utc(str(self.request["timestamp"]))
        if self.line and self.time < noted:
            return noted - latency, noted
        return noted, noted + latency


@dataclass(frozen=True)
class Event:
    """All deliveries of one event, the first one first."""

    event: str
    deliveries: tuple[Delivery, ...]

    @property
    def first(self) -> Delivery:
        return self.deliveries[0]

    @property
    def last(self) -> Delivery:
        return self.deliveries[-1]

    @property
    def trigger(self) -> str:
        return str(self.last.line.get("trigger", ""))

    @property
    def cause(self) -> str:
        return str(self.last.line.get("object", ""))

    def status(self, now: datetime) -> RunStatus:
        """Of an event without a job."""
        if self.last.outcome != "retry":
            return RunStatus.FAILED
        return RunStatus.QUEUED if now - self.first.time < TRIED else RunStatus.FAILED

    def reason(self, now: datetime) -> str:
        said = str(self.last.line.get("message", ""))
        if self.status(now) is RunStatus.QUEUED:
            return f"{said} Eventarc delivers the event again, for a day."
        return said

    def steps(self) -> tuple[StepRecord, ...]:
        return tuple(_step(number, each) for number, each in enumerate(self.deliveries, 1))


@dataclass(frozen=True)
class Told:
    """What the logs tell of a time: the service's lines, and Cloud Run's requests."""

    lines: tuple[Mapping[str, Any], ...]
    requests: tuple[Mapping[str, Any], ...]

    def events(self) -> dict[str, Event]:
        """Those that a trigger waited for."""
        return _grouped(self.lines, self.requests)

    def unheard(self, since: datetime, until: datetime) -> dict[str, list[Delivery]]:
        """By day: requests that failed before the service could tell of which event. Their lines
        would have come within an hour."""
        told = {each.get("trace") for each in self.lines}
        found: dict[str, list[Delivery]] = {}
        for each in self.requests:
            time, status = utc(str(each["timestamp"])), each.get("httpRequest", {}).get("status", 0)
            if since <= time <= until and int(status) >= 400 and each.get("trace") not in told:
                delivery = Delivery(time, {}, each, str(each.get("trace", "")))
                found.setdefault(f"{time:%Y-%m-%d}", []).append(delivery)
        return found


class Deliveries:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        place = Place(spec.region, spec.account)
        self._session = session
        self._project = place.project
        self._of_service = (
            'resource.type="cloud_run_revision" AND '
            f'resource.labels.service_name="{names.service(spec.slug)}" AND '
            f'resource.labels.location="{place.region}"'
        )

    def between(self, since: datetime, until: datetime) -> Told:
        """Two calls, however much happened: Cloud Logging takes sixty a minute for a project.
        https://docs.cloud.google.com/logging/quotas"""
        time = f'timestamp>="{stamp(since)}" AND timestamp<="{stamp(until)}"'
        return Told(tuple(self._lines(time)), tuple(self._requests(time)))

    def event(self, event: str, now: datetime) -> Event | None:
        """One, as far back as there are logs."""
        since = f'timestamp>="{stamp(now - KEPT)}"'
        lines = list(self._lines(f'{since} AND jsonPayload.event="{event}"'))
        if not lines:
            return None
        times = sorted(utc(str(each["timestamp"])) for each in lines)
        between = (
            f'timestamp>="{stamp(times[0] - MARGIN)}" AND timestamp<="{stamp(times[-1] + MARGIN)}"'
        )
        traces = [str(each["trace"]) for each in lines if each.get("trace")]
        requests = [
            request
            for some in _batched(traces, AT_ONCE)
            for request in self._requests(f"{between} AND ({_any('trace', some)})")
        ]
        return _grouped(lines, requests).get(event)

    def log_filter(self, delivery: Delivery) -> str:
        return (
            f'{self._of_service} AND trace="{delivery.trace}" AND '
            f'timestamp>="{stamp(delivery.started - MARGIN)}" AND '
            f'timestamp<="{stamp(delivery.finished + MARGIN)}"'
        )

    def _lines(self, more: str) -> Iterator[dict[str, Any]]:
        return self._entries("stdout", f"{more} AND jsonPayload.outcome:*")

    def _requests(self, more: str) -> Iterator[dict[str, Any]]:
        return self._entries("requests", more)

    def _entries(self, log: str, more: str) -> Iterator[dict[str, Any]]:
        name = f"projects/{self._project}/logs/run.googleapis.com%2F{log}"
        filter = f'{self._of_service} AND logName="{name}" AND {more}'
        return logs.entries(
            self._session,
            self._project,
            filter,
            newest_first=False,
            operation="read what the service did",
        )


def _any(field: str, values: Iterable[str]) -> str:
    return " OR ".join(f'{field}="{value}"' for value in values)


def _batched(values: list[str], size: int) -> Iterator[list[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _grouped(
    lines: Iterable[Mapping[str, Any]], requests: Iterable[Mapping[str, Any]]
) -> dict[str, Event]:
    by_trace = {each["trace"]: each for each in requests if each.get("trace")}
    found: dict[str, list[Delivery]] = {}
    for each in lines:
        line = each["jsonPayload"]
        if not line.get("event") or line.get("outcome") in IGNORED:
            continue
        trace = str(each.get("trace", ""))
        delivery = Delivery(
            utc(str(each["timestamp"])), line, by_trace.get(trace, {}) if trace else {}, trace
        )
        found.setdefault(str(line["event"]), []).append(delivery)
    return {
        event: Event(event, tuple(sorted(each, key=lambda one: one.time)))
        for event, each in found.items()
    }


def _step(number: int, delivery: Delivery) -> StepRecord:
    status = delivery.request.get("httpRequest", {}).get("status")
    return StepRecord(
        name=f"delivery {number}",
        kind="Delivery by Eventarc",
        status=RunStatus.SUCCEEDED if delivery.well else RunStatus.FAILED,
        cloud_status=f"HTTP {status}" if status else delivery.outcome,
        started=delivery.started,
        finished=delivery.finished,
        reason="" if delivery.well else str(delivery.line.get("message", "")),
        attempt=number,
        after=(f"delivery {number - 1}",) if number > 1 else (),
    )


def unheard_steps(deliveries: Iterable[Delivery]) -> tuple[StepRecord, ...]:
    return tuple(_step(number, each) for number, each in enumerate(deliveries, 1))

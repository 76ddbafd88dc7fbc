"""Requests to services: who may make them, who answers, and what the log says of it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from provisioning.sandbox.google.accounts import TOKEN
from provisioning.sandbox.google.calls import short
from provisioning.sandbox.google.eventarc.deliveries import Outcome
from provisioning.sandbox.google.eventarc.records import Event
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.logs.store import Logs
from provisioning.sandbox.google.metadata import MetadataServer
from provisioning.sandbox.google.policies import EVERYBODY
from provisioning.sandbox.google.run.describing import urls
from provisioning.sandbox.google.run.images import source_of
from provisioning.sandbox.google.run.instance import Answer, Broke, DidNotStart, TimedOut
from provisioning.sandbox.google.run.instances import Instances, NoInstance
from provisioning.sandbox.google.run.output import entry_of
from provisioning.sandbox.google.run.records import Revision, Service
from provisioning.sandbox.google.run.services import Services
from provisioning.sandbox.world import World

_LOGS = "run.googleapis.com"
_PUSH = "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"
_UNAUTHENTICATED = (
    "The request was not authenticated. Either allow unauthenticated invocations or set the "
    "proper Authorization header. Read more at "
    "https://cloud.google.com/run/docs/securing/authenticating Additional troubleshooting "
    "documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#401"
)
_UNAUTHORISED = (
    "The request was not authorized to invoke this service. Read more at "
    "https://cloud.google.com/run/docs/securing/authenticating Additional troubleshooting "
    "documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#403"
)
_NO_INSTANCE = "The request was aborted because there was no available instance."
_TIMED_OUT = (
    "The request has been terminated because it has reached the maximum request timeout. To "
    "change this limit, see https://cloud.google.com/run/docs/configuring/request-timeout"
)
_NOT_STARTED = (
    "The user-provided container failed to start and listen on the port defined provided by the "
    "PORT=8080 environment variable within the allocated timeout. Logs for this revision might "
    "contain more information."
)
_BROKE = (
    "The request failed because either the HTTP response was malformed or connection to the "
    "instance had an error."
)


@dataclass
class _Request:
    """One request on its way, and what is known of it by its end."""

    service: Service
    revision: Revision
    method: str
    path: str
    body: bytes
    agent: str
    started: float  # of the sandbox
    begun: float = field(default_factory=time.monotonic)
    trace: str = field(default_factory=lambda: uuid.uuid4().hex)
    span: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    instance: str = ""
    said: str = ""  # by Cloud Run itself

    @property
    def full_trace(self) -> str:
        return f"projects/{self.service.project}/traces/{self.trace}"


class Requests:
    """Called with the world unlocked."""

    def __init__(
        self,
        world: World,
        identity: Identity,
        *,
        services: Services,
        logs: Logs,
        metadata: MetadataServer,
        url: str,
        sources: Mapping[str, Path],
    ) -> None:
        self._world = world
        self._identity = identity
        self._services = services
        self._logs = logs
        self._sources = sources
        self._instances = Instances(world, metadata, url=url, tell=self._told)
        services.on_retired = self._instances.retire

    def push(self, name: str, path: str, event: Event, account: str) -> Outcome:
        """Eventarc brings an event, as its trigger's account."""
        with self._world.lock:
            service = self._services.table.get(name)
            body, headers = json.dumps(event.data).encode(), event.headers()
        if service is None:
            return Outcome(404, f"There is no service {short(name)}.")
        answer, said = self._make(
            service, "POST", path, headers=headers, body=body, account=account, agent=_PUSH
        )
        return Outcome(answer.status, said or answer.body.decode("utf-8", "replace")[:300])

    def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, account: str
    ) -> Answer | None:
        """To an address; None when no service has it. Without an account it is anonymous."""
        parsed = urlsplit(url)
        with self._world.lock:
            service = self._services.at(parsed.netloc)
        if service is None:
            return None
        path = (parsed.path or "/") + (f"?{parsed.query}" if parsed.query else "")
        agent = headers.get("User-Agent", "GoogleCloudWorkflows; (+https://cloud.google.com)")
        answer, said = self._make(
            service, method, path, headers=headers, body=body, account=account, agent=agent
        )
        return Answer(answer.status, answer.body or said.encode(), answer.headers)

    def _make(
        self,
        service: Service,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        account: str,
        agent: str,
    ) -> tuple[Answer, str]:
        with self._world.lock:
            revision = self._services.revisions.get(service.revision)
            if revision is None:
                return Answer(503), "The service has no revision that is ready."
            request = _Request(
                service, revision, method, path, body, agent, self._world.clock.read()
            )
            refused = self._refused(service, account)
            fault = self._world.faults.take("fail_step", "google", short(service.name))
        if refused:
            request.said, answer = refused[1], Answer(refused[0])
        elif fault:
            request.said = fault.message or f"{short(service.name)} failed on request."
            answer = Answer(500)
        else:
            answer = self._answer(request, _forwarded(request, headers, account))
        with self._world.lock:
            self._note(request, answer)
        return answer, request.said

    def _refused(self, service: Service, account: str) -> tuple[int, str] | None:
        permission, access = "run.routes.invoke", self._identity.access
        if service.wish.get("invokerIamDisabled"):
            return None
        roles = self._identity.policies.roles(service.name, EVERYBODY)
        if "roles/run.invoker" in roles:
            return None
        if not account:
            return 403, _UNAUTHENTICATED
        if not access.allows(account, permission, service.name):
            return 403, _UNAUTHORISED
        return None

    def _answer(self, request: _Request, headers: Mapping[str, str]) -> Answer:
        source = source_of(request.revision.image, self._sources)
        if source is None:
            request.said = (
                f"The sandbox cannot run foreign images, such as {request.revision.image}."
            )
            return Answer(503)
        try:
            with self._instances.place(request.revision, source) as instance:
                request.instance = instance.id
                answer = instance.ask(
                    request.method,
                    request.path,
                    headers=headers,
                    body=request.body,
                    seconds=request.revision.timeout,
                )
                instance.drain()
                return answer
        except NoInstance:
            request.said = _NO_INSTANCE
            return Answer(429)
        except DidNotStart:
            request.said = _NOT_STARTED
        except TimedOut:
            request.said = _TIMED_OUT
            return Answer(504)
        except Broke:
            request.said = _BROKE
        return Answer(503)

    # ── Logs ────────────────────────────────────────────────────────────────────────

    def _note(self, request: _Request, answer: Answer) -> None:
        """The request, by the time at which it came."""
        status, address = answer.status, urls(request.service)[0]
        severity = "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO"
        self._logs.write(
            request.service.project,
            f"{_LOGS}/requests",
            resource={"type": "cloud_run_revision", "labels": request.revision.labels},
            severity=severity,
            time=request.started,
            trace=request.full_trace,
            spanId=request.span,
            traceSampled=True,
            labels={"instanceId": request.instance} if request.instance else {},
            httpRequest={
                "requestMethod": request.method,
                "requestUrl": f"{address}{request.path}",
                "requestSize": str(len(request.body) + 1200),
                "status": status,
                "responseSize": str(len(answer.body) + 300),
                "userAgent": request.agent,
                "remoteIp": "66.249.84.1",
                "serverIp": "216.239.36.53",
                "latency": f"{time.monotonic() - request.begun:.9f}s",
                "protocol": "HTTP/1.1",
            },
            **({"textPayload": request.said} if request.said else {}),
        )

    def _told(self, revision: Revision, instance: str, line: str, error: bool) -> None:
        """A line that a container wrote."""
        entry: dict[str, Any] = entry_of(line)
        labels = {"instanceId": instance, **entry.pop("labels", {})}
        with self._world.lock:
            self._logs.write(
                revision.project,
                f"{_LOGS}/{'stderr' if error else 'stdout'}",
                resource={"type": "cloud_run_revision", "labels": revision.labels},
                time=self._world.clock.read(),
                labels=labels,
                **entry,
            )


def _forwarded(request: _Request, headers: Mapping[str, str], account: str) -> dict[str, str]:
    """What Cloud Run's front end adds."""
    identity = {"Authorization": f"Bearer {TOKEN}{account}"} if account else {}
    return {
        **headers,
        **identity,
        "Host": urls(request.service)[0].removeprefix("https://"),
        "User-Agent": request.agent,
        "X-Forwarded-For": "66.249.84.1",
        "X-Forwarded-Proto": "https",
        "X-Cloud-Trace-Context": f"{request.trace}/{int(request.span, 16)};o=1",
        "traceparent": f"00-{request.trace}-{request.span}-01",
        "Content-Length": str(len(request.body)),
    }

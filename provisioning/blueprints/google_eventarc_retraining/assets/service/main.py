"""The retraining service: receives events from Eventarc, starts Vertex AI training jobs.

An event may be delivered more than once. The first delivery claims it: an object of the event's
number, which Cloud Storage creates once. When the job is started its name is written there. A
claim without a job, whose lease has ended, was left by an instance that died, and is taken over.

What is answered decides whether Eventarc delivers again: 2xx ends it, everything else is tried
again for a day. So an event that Vertex AI refuses for what is in it is answered with 2xx, and
one that it refuses for now with 5xx. Each delivery writes one line of JSON to the log.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.auth.exceptions import GoogleAuthError
from google_rest import LEASE, Google, Refused
from jobs import EVENT_LABEL, Happened, custom_job, happened, matching
from requests.exceptions import RequestException

LARGEST_BODY = 1024 * 1024
CLAIMS = "skyclock/events/"
AWAY = (RequestException, GoogleAuthError)
TRACE = re.compile(r"^([0-9a-f]{32})/")
TRACE_PARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-")

_printing = threading.Lock()


class Service:
    """`config` is what the deployment gives by SKYCLOCK_CONFIG."""

    def __init__(self, config: dict[str, Any], google: Google) -> None:
        self._config = config
        self._google = google
        self._parent = f"projects/{config['project']}/locations/{config['region']}"

    def receive(self, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """What to answer, and what to tell of it."""
        try:
            found = happened(headers, body)
        except ValueError as error:
            return 200, {"outcome": "refused", "message": str(error)}
        told = {"event_id": headers["ce-id"], "event": found.event, "object": found.cause}
        trigger = matching(self._config["triggers"], headers, body)
        if trigger is None:
            return 204, {**told, "outcome": "ignored", "message": "No trigger waits for it."}
        told["trigger"] = trigger["key"]
        if trigger.get("paused"):
            return 204, {**told, "outcome": "paused", "message": "The trigger is paused."}
        status, more = self._start(found, trigger["key"])
        return status, {**told, **more}

    def _start(self, found: Happened, trigger: str) -> tuple[int, dict[str, Any]]:
        claim, claimed = f"{CLAIMS}{found.event}", False
        try:
            before = self._before(found, claim)
            if before is not None:
                return before
            claimed = True
            job = self._google.create_job(self._parent, custom_job(self._config, found, trigger))
        except Refused as refused:
            if claimed and refused.status < 500:  # it is certain that there is no job
                self._quietly(lambda: self._google.release(claim))
            outcome, status = ("retry", 503) if refused.passing else ("refused", 200)
            return status, {"outcome": outcome, "message": str(refused)}
        except AWAY as error:
            return 503, {"outcome": "retry", "message": f"Google could not be reached: {error}"}
        self._quietly(lambda: self._google.note(claim, job["name"]))
        return 200, {"outcome": "started", "job": job["name"], "message": "Training is started."}

    def _before(self, found: Happened, claim: str) -> tuple[int, dict[str, Any]] | None:
        """What an earlier delivery came to; None where the job is ours to start."""
        if self._google.claim(claim):
            return None
        said, generation = self._google.claimed(claim)
        job = said.get("job") or (
            self._google.job_with(self._parent, EVENT_LABEL, found.event) or {}
        ).get("name")
        if job:
            return 200, {"outcome": "duplicate", "job": job, "message": "It was started before."}
        if time.time() - said.get("at", 0) < LEASE or not self._google.take_over(claim, generation):
            return 503, {"outcome": "retry", "message": "Another delivery is starting it."}
        return None

    def _quietly(self, work: Callable[[], None]) -> None:
        """A job can also be found by its label, and a claim ends by itself."""
        with suppress(Refused, *AWAY):
            work()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 120
    service: Service
    project: str

    def do_GET(self) -> None:
        """Cloud Run's probes, and people."""
        self._answer(200)

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = self._body()
        except ValueError as error:
            self._tell(headers, {"outcome": "refused", "message": str(error)}, severity="ERROR")
            self._answer(400)
            return
        try:
            status, told = self.service.receive(headers, body)
        except Exception as error:  # whatever happens, this delivery leaves its line
            status, told = 500, {
                "event_id": headers.get("ce-id", ""), "outcome": "retry", "message": repr(error),
            }  # fmt: skip
        self._tell(headers, told, severity="ERROR" if status >= 500 else "INFO")
        self._answer(status)

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            raise ValueError("The event is too large, or does not say how large it is.")
        found = json.loads(self.rfile.read(int(length)) or b"{}")
        if not isinstance(found, dict):
            raise ValueError("The event is not a JSON object.")
        return found

    def _tell(self, headers: dict[str, str], told: dict[str, Any], *, severity: str) -> None:
        line = {"severity": severity, **told}
        if trace := _trace(headers):
            line["logging.googleapis.com/trace"] = f"projects/{self.project}/traces/{trace}"
        with _printing:
            print(json.dumps(line), flush=True)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Cloud Run logs each request by itself."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # events come in bursts


def _trace(headers: dict[str, str]) -> str:
    for name, form in (("x-cloud-trace-context", TRACE), ("traceparent", TRACE_PARENT)):
        if found := form.match(headers.get(name, "")):
            return found[1]
    return ""


def main() -> int:
    config = json.loads(os.environ["SKYCLOCK_CONFIG"])
    google = Google(region=config["region"], bucket=config["claims"])
    Handler.service, Handler.project = Service(config, google), config["project"]
    # In the sandbox nobody but this machine may call.
    host = "127.0.0.1" if os.environ.get("SKYCLOCK_GOOGLE_ENDPOINT") else ""
    Server((host, int(os.environ.get("PORT", "8080"))), Handler).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())

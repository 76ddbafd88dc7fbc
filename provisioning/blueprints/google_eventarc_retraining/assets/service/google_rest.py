"""The few calls that the service makes, over REST.

In the cloud the credentials are those of the service's own account, from the metadata server.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any
from urllib.parse import quote

import google.auth
from google.auth.transport.requests import AuthorizedSession

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
SECONDS = 20
LEASE = float(os.environ.get("SKYCLOCK_LEASE_SECONDS", "30"))  # more than one call may take


class Refused(Exception):
    """Google's answer. `passing` is what another try may find otherwise."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.passing = status not in (400, 404)
        super().__init__(message)


class Google:
    """Threads may share it: each call takes a connection from the session's pool."""

    def __init__(self, *, region: str, bucket: str) -> None:
        credentials, _ = google.auth.default(scopes=[SCOPE])
        self._session = AuthorizedSession(credentials)
        # Only a sandbox sets this. A real token never goes there: it comes from the same place.
        sandbox = os.environ.get("SKYCLOCK_GOOGLE_ENDPOINT", "")
        self._jobs = (
            f"{sandbox}/aiplatform" if sandbox else f"https://{region}-aiplatform.googleapis.com"
        )
        self._storage = f"{sandbox}/storage" if sandbox else "https://storage.googleapis.com"
        self._bucket = bucket

    def create_job(self, parent: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("POST", f"{self._jobs}/v1/{parent}/customJobs", body)

    def job_with(self, parent: str, label: str, value: str) -> dict[str, Any] | None:
        query = f"filter=labels.{label}%3D{value}&pageSize=1"
        found = self._call("GET", f"{self._jobs}/v1/{parent}/customJobs?{query}")
        return next(iter(found.get("customJobs", ())), None)

    # ── Claims: who starts the job of an event ──────────────────────────────────────

    def claim(self, name: str) -> bool:
        """True for the first who claims; Cloud Storage creates an object once."""
        return self._write(name, {"at": time.time()}, generation=0)

    def claimed(self, name: str) -> tuple[dict[str, Any], int]:
        """What the claim says, and its generation."""
        at = f"{self._storage}/storage/v1/b/{self._bucket}/o/{quote(name, safe='')}"
        about = self._call("GET", at)
        said = self._call("GET", f"{at}?alt=media&generation={about['generation']}")
        return said, int(about["generation"])

    def take_over(self, name: str, generation: int) -> bool:
        return self._write(name, {"at": time.time()}, generation=generation)

    def note(self, name: str, job: str) -> None:
        self._write(name, {"at": time.time(), "job": job})

    def release(self, name: str) -> None:
        at = f"{self._storage}/storage/v1/b/{self._bucket}/o/{quote(name, safe='')}"
        self._call("DELETE", at)

    def _write(self, name: str, said: dict[str, Any], generation: int | None = None) -> bool:
        query = f"uploadType=media&name={quote(name, safe='')}"
        query += "" if generation is None else f"&ifGenerationMatch={generation}"
        try:
            self._call(
                "POST", f"{self._storage}/upload/storage/v1/b/{self._bucket}/o?{query}", said
            )
        except Refused as refused:
            if refused.status == 412:
                return False
            raise
        return True

    def _call(self, method: str, url: str, body: Any = None) -> dict[str, Any]:
        payload = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        answer = self._session.request(method, url, data=payload, headers=headers, timeout=SECONDS)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, _message(answer))
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found


def _message(answer: Any) -> str:
    try:
        error = answer.json().get("error", {})
    except (ValueError, AttributeError):
        error = {}
    told = error.get("message") if isinstance(error, dict) else None
    return str(told or f"HTTP {answer.status_code}")

"""Google Cloud: the session, what Pulumi needs to enter it, and whose project it is.

All services but object storage are spoken to through google-api-python-client, with the
descriptions that it ships; it needs neither gRPC nor a library per service.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import google.auth.transport.requests
import google_auth_httplib2
import httplib2
from google.api_core.client_options import ClientOptions
from google.auth import exceptions
from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY
from googleapiclient.discovery import build_from_document
from googleapiclient.http import HttpRequest

from provisioning.clouds import google_tokens, sandbox_clock
from provisioning.clouds.errors import cloud_errors
from provisioning.clouds.google_tokens import UNIVERSE
from provisioning.contracts import Access, Cloud
from provisioning.errors import NotPossible

SECONDS = 20
RETRIES = 3

VERSIONS = {
    "aiplatform": "v1",
    "cloudresourcemanager": "v3",
    "dataflow": "v1b3",
    "datapipelines": "v1",
    "eventarc": "v1",
    "iam": "v1",
    "logging": "v2",
    "pubsub": "v1",
    "run": "v2",
    "workflowexecutions": "v1",
    "workflows": "v1",
}
# Asked at their general address, these know nothing of what lies in a region.
REGIONAL = frozenset({"aiplatform"})


class GoogleSession:
    """One project and region, entered. Threads may share it: each gets clients of its own,
    because httplib2 does not bear being shared."""

    cloud = Cloud.GOOGLE

    def __init__(self, access: Access) -> None:
        self.region = access.region
        self.account = _project(access)
        self.sandbox = access.sandbox is not None
        self._address = access.sandbox
        self._credentials = google_tokens.credentials(access)
        self._method = access.credential.method
        self._threads = threading.local()

    def client(self, service: str) -> Any:
        clients: dict[str, Any] = self._threads.__dict__.setdefault("clients", {})
        if service not in clients:
            make = self._storage if service == "storage" else self._api
            clients[service] = make(service)
        return clients[service]

    def now(self) -> datetime:
        return sandbox_clock.read(self._address.control_url) if self._address else datetime.now(UTC)

    def identity(self) -> str:
        """The service account, or the pool's identity, when Google has let it in."""
        self.project()
        email = getattr(self._credentials, "service_account_email", None)
        return str(email) if email else self._nameless

    @property
    def _nameless(self) -> str:
        if self._method == "federation":
            return "the identity of the workload identity pool"
        return f"sandbox:{self.account}" if self.sandbox else f"an account of {self.account}"

    def project(self) -> dict[str, Any]:
        """Resource Manager's answer: name, projectId, state."""
        with cloud_errors("see which project this is"):
            projects = self.client("cloudresourcemanager").projects()
            found: dict[str, Any] = projects.get(name=f"projects/{self.account}").execute()
            return found

    def _api(self, service: str) -> Any:
        http = httplib2.Http(
            timeout=SECONDS,
            # Loopback: no proxy that the environment names.
            proxy_info=None if self._address else httplib2.proxy_info_from_environment,
        )
        return build_from_document(
            _document(service),
            http=google_auth_httplib2.AuthorizedHttp(self._credentials, http=http),
            requestBuilder=_Request,
            client_options=ClientOptions(
                api_endpoint=self._endpoint(service), universe_domain=UNIVERSE
            ),
        )

    def _storage(self, service: str) -> Storage:
        transport = google.auth.transport.requests.AuthorizedSession(self._credentials)
        if self._address:
            transport.trust_env = False
        client = Storage(
            project=self.account,
            credentials=self._credentials,
            _http=transport,
            client_options=ClientOptions(api_endpoint=self._endpoint(service)),
        )
        # For traces that nobody takes, it would ask for every bucket, from threads of its own.
        client._bucket_metadata_cache = None
        return client

    def _endpoint(self, service: str) -> str:
        """Always said: the environment of this machine could name another."""
        if self._address:
            return f"{self._address.google_url}/{service}"
        host = f"{self.region}-{service}" if service in REGIONAL else service
        return f"https://{host}.{UNIVERSE}"


class Storage(storage.Client):  # type: ignore[misc]
    """`patience` is for each call to take along: of itself the library tries for two minutes,
    while somebody waits for a page."""

    patience = DEFAULT_RETRY.with_timeout(SECONDS)


class _Request(HttpRequest):  # type: ignore[misc]
    """A call that is tried again when that cannot do the same thing twice."""

    def execute(self, http: Any = None, num_retries: int | None = None) -> Any:
        retries = num_retries if num_retries is not None else RETRIES * (self.method == "GET")
        try:
            return super().execute(http=http, num_retries=retries)
        except (OSError, httplib2.HttpLib2Error) as error:
            # httplib2 lets the socket's own errors out; they do not tell whose they are.
            raise exceptions.TransportError(str(error)) from error


def load(services: Iterable[str]) -> None:
    """The descriptions; the libraries are loaded by now."""
    for service in services:
        _document(service)


def open_session(access: Access) -> GoogleSession:
    return GoogleSession(access)


def check_identity(access: Access) -> str:
    return str(GoogleSession(access).project()["projectId"])


def enter(access: Access) -> Access:
    return google_tokens.exchange(access)


def shown(access: Access) -> tuple[dict[str, str], datetime | None]:
    """The token by which calls are made, and until when."""
    return {"token": access.credential.reveal("token") or ""}, access.expires_at


def environment(access: Access, folder: Path | None = None) -> dict[str, str]:
    """A token that ends within the hour, and never what is stored."""
    if access.credential.method in google_tokens.EXCHANGED:
        raise NotPossible("An access token has to be asked for before it can be handed over.")
    variables = {
        "GOOGLE_OAUTH_ACCESS_TOKEN": access.credential.reveal("token"),
        "GOOGLE_PROJECT": _project(access),
        "GOOGLE_REGION": access.region,
        # What this machine has of Google (a key file, a signed-in gcloud) must not mix in.
        "GOOGLE_APPLICATION_CREDENTIALS": os.devnull,
        "CLOUDSDK_CONFIG": os.devnull,
    }
    return {name: value for name, value in variables.items() if value}


def pulumi_config(access: Access) -> dict[str, str]:
    return {
        "gcp:project": _project(access),
        "gcp:region": access.region,
        # Labels that nobody asked for would be a difference in every refresh.
        "gcp:addPulumiAttributionLabel": "false",
    }


def _project(access: Access) -> str:
    """Before the cloud has been asked, a Connection knows what was typed only."""
    return access.account or access.credential.reveal("project") or ""


@cache
def _document(service: str) -> dict[str, Any]:
    """The description of an API, as the library ships it; parsed once, some are megabytes."""
    documents = files("googleapiclient.discovery_cache") / "documents"
    document: dict[str, Any] = json.loads(
        (documents / f"{service}.{VERSIONS[service]}.json").read_text("utf-8")
    )
    return document

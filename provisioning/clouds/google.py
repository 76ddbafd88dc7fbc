"""Google Cloud: the session, what Pulumi needs to enter it, and whose project it is.

All services but object storage are spoken to through google-api-python-client, with the
descriptions that it ships; it needs neither gRPC nor a library per service.
"""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import google.auth.transport.requests
import google_auth_httplib2
import httplib2
from google.api_core.client_options import ClientOptions
from google.auth import exceptions
from google.auth.credentials import Credentials
from google.cloud import storage
from google.oauth2 import credentials as tokens
from google.oauth2 import service_account
from googleapiclient.discovery import build_from_document
from googleapiclient.http import HttpRequest

from provisioning.clouds import sandbox_clock
from provisioning.clouds.errors import cloud_errors
from provisioning.contracts import Access, Cloud
from provisioning.errors import NotPossible

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
UNIVERSE = "googleapis.com"
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
        self._credentials = _credentials(access)
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
        """The service account, when Google has accepted its key."""
        self.project()
        return str(getattr(self._credentials, "service_account_email", f"sandbox:{self.account}"))

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

    def _storage(self, service: str) -> storage.Client:
        transport = google.auth.transport.requests.AuthorizedSession(self._credentials)
        if self._address:
            transport.trust_env = False
        client = storage.Client(
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


class _Request(HttpRequest):  # type: ignore[misc]
    """A call that is tried again when that cannot do the same thing twice."""

    def execute(self, http: Any = None, num_retries: int | None = None) -> Any:
        retries = num_retries if num_retries is not None else RETRIES * (self.method == "GET")
        try:
            return super().execute(http=http, num_retries=retries)
        except (OSError, httplib2.HttpLib2Error) as error:
            # httplib2 lets the socket's own errors out; they do not tell whose they are.
            raise exceptions.TransportError(str(error)) from error


def load() -> None:
    """The descriptions of what operations ask about triggers; the libraries are loaded by now."""
    for service in ("datapipelines", "eventarc"):
        _document(service)


def open_session(access: Access) -> GoogleSession:
    return GoogleSession(access)


def check_identity(access: Access) -> str:
    return str(GoogleSession(access).project()["projectId"])


def environment(access: Access) -> dict[str, str]:
    if access.sandbox:
        variables = {"GOOGLE_OAUTH_ACCESS_TOKEN": access.credential.reveal("token")}
    else:
        variables = {"GOOGLE_CREDENTIALS": json.dumps(_key(access))}
    variables |= {
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


def _credentials(access: Access) -> Credentials:
    if access.sandbox:  # a real credential never goes to loopback, nor this one to Google
        return tokens.Credentials(token=access.credential.reveal("token"))
    try:
        found: Credentials = service_account.Credentials.from_service_account_info(
            _key(access), scopes=[SCOPE]
        )
        return found
    except (ValueError, exceptions.MalformedError) as error:
        raise NotPossible("This connection's key cannot be read; store a new one.") from error


def _key(access: Access) -> dict[str, Any]:
    """Whatever is stored: the key signs for Google's own address only."""
    key: dict[str, Any] = json.loads(access.credential.reveal("service_account_key") or "{}")
    return key | {"token_uri": f"https://oauth2.{UNIVERSE}/token"}


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

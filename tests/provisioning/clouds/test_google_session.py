"""The Google session against an endpoint on loopback, and what Pulumi is given."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from provisioning import clouds
from provisioning.contracts import Access, Cloud, Credential, SandboxAddress
from provisioning.errors import CloudAway, NotPossible, PermissionDenied, Throttled

PROJECT = "skyclock-sandbox"
EMAIL = "deployer@my-project.iam.gserviceaccount.com"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


class Endpoint(BaseHTTPRequestHandler):
    """Answers as Google's APIs do; keeps what it was asked."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str, str]] = []
    refuse: list[tuple[int, str]] = []

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        self.asked.append((self.command, path, self.headers.get("Authorization", "")))
        if self.refuse and path != "/clock":
            status, code = self.refuse.pop(0)
            self.send(status, {"error": {"code": status, "message": "No.", "status": code}})
        elif path == "/clock":
            self.send(200, {"now": NOW.isoformat()})
        else:
            self.send(200, {"name": "projects/1", "projectId": PROJECT, "kind": "storage#bucket"})

    do_GET = do_POST = answer

    def send(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    Endpoint.asked, Endpoint.refuse = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def access(url: str) -> Access:
    return Access(
        cloud=Cloud.GOOGLE,
        region="europe-west1",
        account=PROJECT,
        credential=clouds.sandbox_credential(Cloud.GOOGLE, PROJECT),
        sandbox=SandboxAddress(
            control_url=url, aws_url="", google_url=url, provider="127.0.0.1:1"
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def key() -> dict[str, str]:
    made = rsa.generate_private_key(65537, 2048)
    pem = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "type": "service_account",
        "project_id": "my-project",
        "private_key_id": "0123456789abcdef",
        "private_key": pem.decode(),
        "client_email": EMAIL,
        "token_uri": "https://oauth2.googleapis.com/token",
    }


def real(key: dict[str, str], account: str = "") -> Access:
    typed = {"service_account_key": json.dumps(key), "region": "europe-west1"}
    credential, region = clouds.parse_credential(Cloud.GOOGLE, "service_account", typed)
    return Access(cloud=Cloud.GOOGLE, region=region, account=account, credential=credential)


def exchanged(access: Access) -> Access:
    """As after the exchange, which Google itself would have to make."""
    token = {"token": SecretStr("ya29.short-lived"), "project": SecretStr("my-project")}
    return access.model_copy(update={"credential": Credential(method="access_token", fields=token)})


def test_it_says_whose_credential_it_is(endpoint: str) -> None:
    assert clouds.check_identity(access(endpoint)) == PROJECT
    token = f"Bearer sandbox-only-token-of-{PROJECT}"
    path = f"/cloudresourcemanager/v3/projects/{PROJECT}"
    assert Endpoint.asked == [("GET", path, token)]
    assert PROJECT in clouds.open_session(access(endpoint)).identity()


def test_every_client_reaches_the_sandbox_past_this_machines_settings(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "STORAGE_EMULATOR_HOST"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("GOOGLE_CLOUD_UNIVERSE_DOMAIN", "example.com")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere")
    session = clouds.open_session(access(endpoint))
    assert session.now() == NOW
    place = f"projects/{PROJECT}/locations/europe-west1"
    session.client("datapipelines").projects().locations().pipelines().list(parent=place).execute()
    session.client("aiplatform").projects().locations().customJobs().list(parent=place).execute()
    session.client("storage").get_bucket("b")
    assert [path for _, path, _ in Endpoint.asked[1:]] == [
        f"/datapipelines/v1/{place}/pipelines",
        f"/aiplatform/v1/{place}/customJobs",
        "/storage/storage/v1/b/b",
    ]
    assert {shown for _, _, shown in Endpoint.asked[1:]} == {
        f"Bearer sandbox-only-token-of-{PROJECT}"
    }


@pytest.mark.parametrize(
    ("service", "call", "address"),
    [
        ("datapipelines", "projects.locations.pipelines", "https://datapipelines.googleapis.com/"),
        (
            "aiplatform",
            "projects.locations.customJobs",
            "https://europe-west1-aiplatform.googleapis",
        ),
    ],
)
def test_a_real_project_is_asked_at_googles_own_addresses(
    key: dict[str, str], monkeypatch: pytest.MonkeyPatch, service: str, call: str, address: str
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_UNIVERSE_DOMAIN", "example.com")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    session = clouds.open_session(real(key))
    client = session.client(service)
    for part in call.split("."):
        client = getattr(client, part)()
    assert client.list(parent="projects/p/locations/europe-west1").uri.startswith(address)
    assert session.client("storage").api_endpoint == "https://storage.googleapis.com"


def test_each_thread_has_clients_of_its_own(endpoint: str) -> None:
    session = clouds.open_session(access(endpoint))
    found: list[Any] = []

    def look() -> None:
        first = session.client("datapipelines")
        found.append((first, first is session.client("datapipelines")))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(client) for client, _ in found}) == 4
    assert all(same for _, same in found)


def test_what_reads_is_tried_again_and_what_starts_is_not(endpoint: str) -> None:
    session = clouds.open_session(access(endpoint))
    Endpoint.refuse = [(503, "UNAVAILABLE")]
    assert session.identity()
    Endpoint.asked.clear()
    Endpoint.refuse = [(429, "RESOURCE_EXHAUSTED")]
    pipelines = session.client("datapipelines").projects().locations().pipelines()
    name = f"projects/{PROJECT}/locations/europe-west1/pipelines/p"
    with pytest.raises(Throttled), clouds.cloud_errors("start a run"):
        pipelines.run(name=name, body={}).execute()
    assert len(Endpoint.asked) == 1


def test_a_project_that_may_not_be_seen_is_told(endpoint: str) -> None:
    Endpoint.refuse = [(403, "PERMISSION_DENIED")]
    with pytest.raises(PermissionDenied, match=r"^No\.$"):
        clouds.check_identity(access(endpoint))


def test_the_clock_is_the_sandboxs_or_the_real_one(endpoint: str, key: dict[str, str]) -> None:
    assert clouds.open_session(access(endpoint)).now() == NOW
    now = clouds.open_session(real(key)).now()
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=60)


def test_a_sandbox_that_is_not_there_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(CloudAway, match="could not be reached to see which project"):
        clouds.check_identity(access("http://127.0.0.1:1"))


def test_a_connection_knows_its_project_before_the_cloud_was_asked(key: dict[str, str]) -> None:
    assert clouds.open_session(real(key)).account == "my-project"
    assert clouds.open_session(real(key, account="asked")).account == "asked"


def test_the_key_signs_for_google_whatever_is_stored(key: dict[str, str]) -> None:
    session = clouds.open_session(real(key))
    assert session._credentials._token_uri == "https://oauth2.googleapis.com/token"


def test_a_stored_key_that_cannot_be_read_is_told(key: dict[str, str]) -> None:
    begin, *lines = key["private_key"].splitlines(keepends=True)
    cut = {**key, "private_key": begin + "".join(lines[1:])}
    with pytest.raises(NotPossible, match="store a new one"):
        clouds.open_session(real(cut))


def test_pulumi_gets_the_credential_by_environment_only(key: dict[str, str]) -> None:
    entered = exchanged(real(key))
    environment = clouds.environment(entered)
    assert environment["GOOGLE_OAUTH_ACCESS_TOKEN"] == "ya29.short-lived"
    assert environment["GOOGLE_PROJECT"] == "my-project"
    assert environment["GOOGLE_APPLICATION_CREDENTIALS"] == "/dev/null"
    assert "ya29" not in str(clouds.pulumi_config(entered))


def test_what_is_stored_is_never_handed_over(key: dict[str, str]) -> None:
    with pytest.raises(NotPossible, match="has to be asked for"):
        clouds.environment(real(key))
    assert "PRIVATE KEY" not in str(clouds.pulumi_config(real(key)))


def test_pulumi_works_in_this_project_and_region_only(key: dict[str, str]) -> None:
    config = clouds.pulumi_config(real(key))
    assert config["gcp:project"] == "my-project"
    assert config["gcp:region"] == "europe-west1"


def test_a_sandbox_has_no_key_for_pulumi(endpoint: str) -> None:
    environment = clouds.environment(access(endpoint))
    assert "GOOGLE_CREDENTIALS" not in environment
    assert environment["GOOGLE_OAUTH_ACCESS_TOKEN"] == f"sandbox-only-token-of-{PROJECT}"


def test_a_session_shows_no_secret(key: dict[str, str]) -> None:
    session = clouds.open_session(real(key))
    line = key["private_key"].splitlines()[3]
    assert line not in repr(session) + str(vars(session))

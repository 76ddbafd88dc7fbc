"""The Azure session against an endpoint on loopback, and what Pulumi is given."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.messaging import CloudEvent
from pydantic import SecretStr

from provisioning import clouds
from provisioning.contracts import Access, Cloud, Credential, SandboxAddress
from provisioning.errors import CloudAway, CloudError, PermissionDenied

SUBSCRIPTION = "5a4db0c5-0000-4000-8000-000000000001"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
SECRET = "xyz8Q~abcdefghijklmnopqrstuvwxyz012345"


class Endpoint(BaseHTTPRequestHandler):
    """Answers as Resource Manager and its like do; keeps what it was asked."""

    asked: list[tuple[str, str, str]] = []
    refuse: tuple[int, str] | None = None

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        shown = self.headers.get("Authorization") or self.headers.get("aeg-sas-key") or ""
        self.asked.append((self.command, self.path.partition("?")[0], shown))
        if self.refuse:
            status, code = self.refuse
            self.send(status, {"error": {"code": code, "message": f"the cloud's words on {code}"}})
        elif self.path == "/clock":
            self.send(200, {"now": NOW.isoformat()})
        elif self.command == "PUT":
            self.send(201, None)
        else:
            self.send(200, {"subscriptionId": SUBSCRIPTION, "displayName": "Data", "value": []})

    do_GET = do_POST = do_PUT = answer

    def send(self, status: int, body: object) -> None:
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    Endpoint.asked, Endpoint.refuse = [], None
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def access(url: str) -> Access:
    return Access(
        cloud=Cloud.AZURE,
        region="westeurope",
        account=SUBSCRIPTION,
        credential=clouds.sandbox_credential(Cloud.AZURE, SUBSCRIPTION),
        sandbox=SandboxAddress(
            control_url=url, aws_url="", azure_url=url, provider="127.0.0.1:1"
        ),
    )  # fmt: skip


def real(account: str = "") -> Access:
    fields = {
        "tenant_id": "72f988bf-86f1-41af-91ab-2d7cd011db47",
        "client_id": "1950a258-227b-4e31-a9cf-717495945fc2",
        "client_secret": SECRET,
        "subscription_id": SUBSCRIPTION,
    }
    return Access(
        cloud=Cloud.AZURE,
        region="westeurope",
        account=account,
        credential=Credential(
            method="client_secret", fields={k: SecretStr(v) for k, v in fields.items()}
        ),
    )


def test_it_says_whose_credential_it_is(endpoint: str) -> None:
    assert clouds.check_identity(access(endpoint)) == SUBSCRIPTION
    token = f"Bearer sandbox-only-token-of-{SUBSCRIPTION}"
    assert Endpoint.asked == [("GET", f"/arm/subscriptions/{SUBSCRIPTION}", token)]
    assert SUBSCRIPTION in clouds.open_session(access(endpoint)).identity()


def test_every_client_reaches_the_sandbox_past_this_machines_proxies(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    session = clouds.open_session(access(endpoint))
    assert session.now() == NOW
    assert list(session.client("datafactory").factories.list()) == []
    assert list(session.client("storage").storage_accounts.list()) == []
    assert list(session.client("eventgrid").topics.list_by_subscription()) == []
    assert list(session.client("resources").resource_groups.list()) == []
    blobs = session.client("blobs/account1")
    blobs.get_blob_client("data", "x.csv").upload_blob(b"1,2", overwrite=True)
    assert all("sandbox-only-token" in shown for _, path, shown in Endpoint.asked[1:])
    assert Endpoint.asked[-1][:2] == ("PUT", "/blob/account1/data/x.csv")


def test_events_are_published_with_the_sandboxs_token_as_key(endpoint: str) -> None:
    topic = clouds.open_session(access(endpoint)).client(f"topic/{endpoint}/topic/t1/api/events")
    topic.send([CloudEvent(type="dataset.ready", source="lab", data={"rows": 3})])
    method, path, shown = Endpoint.asked[-1]
    assert (method, path) == ("POST", "/topic/t1/api/events")
    assert shown == f"sandbox-only-token-of-{SUBSCRIPTION}"


def test_an_application_without_a_role_is_told_so(endpoint: str) -> None:
    Endpoint.refuse = (404, "SubscriptionNotFound")
    with pytest.raises(PermissionDenied, match="give it a role there"):
        clouds.check_identity(access(endpoint))
    Endpoint.refuse = (403, "AuthorizationFailed")
    with pytest.raises(PermissionDenied, match="the cloud's words on AuthorizationFailed"):
        clouds.check_identity(access(endpoint))


def test_one_client_per_service_serves_all_threads(endpoint: str) -> None:
    session = clouds.open_session(access(endpoint))
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(session.client("storage"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(map(id, found))) == 1


def test_the_clock_is_the_sandboxs_or_the_real_one(endpoint: str) -> None:
    assert clouds.open_session(access(endpoint)).now() == NOW
    now = clouds.open_session(real()).now()
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=60)


def test_a_sandbox_that_is_not_there_is_away() -> None:
    with pytest.raises(CloudAway, match="could not be reached to see which subscription"):
        clouds.check_identity(access("http://127.0.0.1:1"))


def test_a_real_token_never_goes_over_plain_http(endpoint: str) -> None:
    """Only the sandbox's own token may; the SDK itself refuses the others."""
    session = clouds.open_session(real())
    client = session.client("resources")
    client._config.base_url = endpoint
    with pytest.raises(ServiceRequestError, match="non-TLS"):
        list(client.resource_groups.list())
    assert Endpoint.asked == []


def test_pulumi_gets_the_credential_by_environment_only() -> None:
    environment = clouds.environment(real())
    assert environment["ARM_CLIENT_SECRET"] == SECRET
    assert environment["ARM_SUBSCRIPTION_ID"] == SUBSCRIPTION
    assert environment["ARM_USE_MSI"] == "false"
    assert SECRET not in str(clouds.pulumi_config(real()))


def test_pulumi_works_in_this_subscription_only() -> None:
    assert clouds.pulumi_config(real()) == {
        "azure-native:subscriptionId": SUBSCRIPTION,
        "azure-native:location": "westeurope",
    }


def test_a_sandbox_has_no_credential_for_pulumi(endpoint: str) -> None:
    environment = clouds.environment(access(endpoint))
    assert not [name for name in environment if "SECRET" in name or "CLIENT" in name]


def test_a_session_shows_no_secret() -> None:
    session = clouds.open_session(real())
    assert SECRET not in repr(session) + str(vars(session))


def test_errors_of_a_call_are_ours(endpoint: str) -> None:
    Endpoint.refuse = (409, "Conflict")
    session = clouds.open_session(access(endpoint))
    with pytest.raises(CloudError) as caught, clouds.cloud_errors("list the factories"):
        list(session.client("datafactory").factories.list())
    assert (caught.value.code, caught.value.operation) == ("Conflict", "list the factories")

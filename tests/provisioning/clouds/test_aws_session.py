"""The AWS session against an endpoint on loopback, and what Pulumi is given."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from provisioning import clouds
from provisioning.clouds import sandbox_clock
from provisioning.contracts import Access, Cloud, SandboxAddress
from provisioning.errors import CloudAway, CloudError, PermissionDenied

ACCOUNT = "111122223333"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
CALLER = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/deployer</Arn><UserId>AIDA</UserId>
<Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
REFUSED = """<ErrorResponse><Error><Code>InvalidClientTokenId</Code>
<Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>"""


class Endpoint(BaseHTTPRequestHandler):
    """Answers as STS and as the sandbox's clock do; keeps what it was asked."""

    asked: list[tuple[str, str, str]] = []
    refuse = False

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.asked.append((self.command, self.path, body))
        if self.refuse:
            self.send(403, REFUSED)
        elif self.path == "/clock":
            self.send(200, json.dumps({"now": NOW.isoformat()}))
        else:
            self.send(200, CALLER)

    do_GET = do_POST = answer

    def send(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    Endpoint.asked, Endpoint.refuse = [], False
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def access(url: str | None) -> Access:
    sandbox = SandboxAddress(control_url=url, aws_url=url, provider="127.0.0.1:1") if url else None
    return Access(
        cloud=Cloud.AWS,
        region="eu-west-1",
        account=ACCOUNT,
        credential=clouds.sandbox_access_keys(ACCOUNT),
        sandbox=sandbox,
    )


def test_it_says_whose_credential_it_is(endpoint: str) -> None:
    assert clouds.check_identity(access(endpoint)) == ACCOUNT
    assert clouds.open_session(access(endpoint)).identity().endswith(":user/deployer")


def test_this_machines_proxies_and_endpoints_do_not_mix_in(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_PROFILE", "elsewhere")
    session = clouds.open_session(access(endpoint))
    assert session.identity() and session.now() == NOW


def test_refused_keys_are_a_permission_denied(endpoint: str) -> None:
    Endpoint.refuse = True
    with pytest.raises(PermissionDenied, match="AWS does not know this access key"):
        clouds.check_identity(access(endpoint))
    assert len(Endpoint.asked) == 1  # not tried again


def test_one_client_per_service_serves_all_threads(endpoint: str) -> None:
    session = clouds.open_session(access(endpoint))
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(session.client("sts"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(map(id, found))) == 1


def test_the_clock_is_the_sandboxs_or_the_real_one(endpoint: str) -> None:
    assert clouds.open_session(access(endpoint)).now() == NOW
    real = clouds.open_session(access(None)).now()
    assert abs(datetime.now(UTC) - real) < timedelta(seconds=60)


def test_the_clock_can_be_advanced(endpoint: str) -> None:
    assert sandbox_clock.advance(endpoint, timedelta(hours=2)).now == NOW
    assert Endpoint.asked == [("POST", "/clock", '{"advance": "PT7200S"}')]


def test_a_sandbox_that_is_not_there_is_away() -> None:
    with pytest.raises(CloudAway, match="sandbox does not answer"):
        sandbox_clock.read("http://127.0.0.1:1")


def test_a_clock_that_refuses_tells_why(endpoint: str) -> None:
    Endpoint.refuse = True
    with pytest.raises(CloudError, match="sandbox refused"):
        sandbox_clock.read(endpoint)


def test_pulumi_gets_the_credential_by_environment_only() -> None:
    environment = clouds.environment(access(None))
    assert environment["AWS_ACCESS_KEY_ID"] == f"AKIA{ACCOUNT}SBOX"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert "AWS_SESSION_TOKEN" not in environment
    secret = environment["AWS_SECRET_ACCESS_KEY"]
    assert secret not in str(clouds.pulumi_config(access(None)))


def test_pulumi_may_work_in_this_account_only() -> None:
    config = clouds.pulumi_config(access(None))
    assert config["aws:region"] == config["aws-native:region"] == "eu-west-1"
    assert json.loads(config["aws:allowedAccountIds"]) == [ACCOUNT]
    assert json.loads(config["aws-native:allowedAccountIds"]) == [ACCOUNT]


def test_a_session_shows_no_secret() -> None:
    session = clouds.open_session(access(None))
    secret = clouds.environment(access(None))["AWS_SECRET_ACCESS_KEY"]
    assert secret not in repr(session) + str(vars(session))

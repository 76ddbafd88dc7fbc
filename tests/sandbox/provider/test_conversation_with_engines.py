"""What the daemon answers before, and beside, the work on resources."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from provisioning.sandbox.provider import daemon, values
from provisioning.sandbox.provider.values import UNKNOWN
from tests.sandbox.provider.engine_calls import EngineCalls

QUEUE = "aws:sqs/queue:Queue"


class OutOfOrder(BaseHTTPRequestHandler):
    """A cloud that answers each call with 503, which passes by itself on a better day."""

    calls = 0

    def do_POST(self) -> None:
        type(self).calls += 1
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def broken_cloud() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OutOfOrder)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    OutOfOrder.calls = 0
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def running(broken_cloud: str) -> Iterator[daemon.Daemon]:
    started = daemon.start(port=0, aws_url=broken_cloud)
    yield started
    started.stop(grace=0)


@pytest.fixture
def engine(running: daemon.Daemon) -> Iterator[EngineCalls]:
    calls = EngineCalls(running.port)
    yield calls
    calls.close()


def test_the_plug_in_is_newer_than_any_sdk(engine: EngineCalls) -> None:
    info = engine.provider.GetPluginInfo(empty_pb2.Empty())
    assert info.version == "99.0.0"
    schema = engine.provider.GetSchema(provider_pb2.GetSchemaRequest()).schema
    assert QUEUE in json.loads(schema)["resources"]


def test_the_handshake_promises_secrets_and_previews(engine: EngineCalls) -> None:
    hands = engine.provider.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="x"))
    assert hands.accept_secrets and hands.accept_resources and hands.accept_outputs
    engine.provider.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))
    ready = engine.configure()
    assert ready.acceptSecrets and ready.supportsPreview


def test_nothing_is_done_before_an_account_is_known(engine: EngineCalls) -> None:
    with pytest.raises(grpc.RpcError, match="not configured before"):
        engine.create(QUEUE, {})


def test_an_engine_that_dials_again_is_known_by_its_stack(
    engine: EngineCalls, running: daemon.Daemon
) -> None:
    engine.configure()
    again, other = EngineCalls(running.port), EngineCalls(running.port, stack="other")
    request = provider_pb2.CreateRequest(urn=engine.urn(QUEUE), preview=True)
    created = again.provider.Create(request)
    assert values.read(created.properties)[0]["region"] == "eu-west-1"
    with pytest.raises(grpc.RpcError, match="not configured before"):
        other.provider.Create(provider_pb2.CreateRequest(urn=other.urn(QUEUE), preview=True))
    again.close()
    other.close()


def test_a_cancel_ends_what_waits_and_refuses_what_comes(engine: EngineCalls) -> None:
    engine.configure()
    ended: list[grpc.RpcError] = []

    def create() -> None:
        with pytest.raises(grpc.RpcError) as failure:
            engine.create(QUEUE, {})
        ended.append(failure.value)

    waiting = threading.Thread(target=create)
    waiting.start()
    while OutOfOrder.calls == 0:
        time.sleep(0.01)
    engine.cancel()
    waiting.join(timeout=60)
    assert ended[0].code() is grpc.StatusCode.CANCELLED

    calls = OutOfOrder.calls
    with pytest.raises(grpc.RpcError, match="operation cancelled"):
        engine.create(QUEUE, {})
    assert OutOfOrder.calls == calls


@pytest.mark.sandbox
def test_a_cancel_leaves_other_engines_alone(engine: EngineCalls, running: daemon.Daemon) -> None:
    other = EngineCalls(running.port)
    engine.configure()
    other.configure()
    engine.cancel()
    with pytest.raises(grpc.RpcError, match="StatusCode: 503"):
        other.create(QUEUE, {})
    assert OutOfOrder.calls == 4, "tried again before giving up"
    other.close()


@pytest.mark.sandbox
def test_the_end_of_the_sandbox_does_not_wait_for_a_cloud_that_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls, never answers
        started = daemon.start(port=0, aws_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        engine = EngineCalls(started.port)
        engine.configure()
        creating = threading.Thread(target=_fail_to_create, args=(engine,))
        creating.start()
        with silent.accept()[0]:
            engine.cancel()
            creating.join(timeout=1)
            assert creating.is_alive(), "a step under way is finished"
            started.stop(grace=0)
            creating.join(timeout=30)
            assert not creating.is_alive()
        engine.close()


def _fail_to_create(engine: EngineCalls) -> None:
    with pytest.raises(grpc.RpcError):
        engine.create(QUEUE, {})


def test_a_port_in_use_is_said_so(running: daemon.Daemon) -> None:
    with pytest.raises(OSError, match=f"port {running.port} on 127.0.0.1 is in use"):
        daemon.start(port=running.port, aws_url="http://127.0.0.1:1")


@pytest.mark.sandbox
def test_a_cloud_that_is_away_is_told_as_such() -> None:
    started = daemon.start(port=0, aws_url="http://127.0.0.1:1")
    engine = EngineCalls(started.port)
    engine.configure()
    words = r"creating SQS Queue .*operation error SQS: CreateQueue, request send failed"
    with pytest.raises(grpc.RpcError, match=words):
        engine.create(QUEUE, {})
    engine.close()
    started.stop(grace=0)


# ── Configuration ───────────────────────────────────────────────────────────────────

GOOD = {"region": "eu-west-1", "allowedAccountIds": ["111122223333"]}


def check_config(engine: EngineCalls, news: dict[str, Any]) -> dict[str, str]:
    answer = engine.provider.CheckConfig(
        provider_pb2.CheckRequest(
            urn=engine.urn("pulumi:providers:aws", "default"), news=values.write(news)
        )
    )
    return {failure.property: failure.reason for failure in answer.failures}


@pytest.mark.parametrize(
    ("news", "wrong"),
    [
        (GOOD, set()),
        ({**GOOD, "allowedAccountIds": '["111122223333"]', "version": "7.51.1"}, set()),
        ({**GOOD, "allowedAccountIds": UNKNOWN}, set()),
        ({**GOOD, "region": UNKNOWN}, set()),
        ({"allowedAccountIds": ["111122223333"]}, {"region"}),
        ({"region": "eu-west-1"}, {"allowedAccountIds"}),
        ({**GOOD, "allowedAccountIds": ["1", "2"]}, {"allowedAccountIds"}),
        ({**GOOD, "allowedAccountIds": ["12"]}, {"allowedAccountIds"}),
        ({**GOOD, "allowedAccountIds": "[not json"}, {"allowedAccountIds"}),
    ],
)
def test_a_provider_needs_a_region_and_one_account(
    engine: EngineCalls, news: dict[str, Any], wrong: set[str]
) -> None:
    assert set(check_config(engine, news)) == wrong


@pytest.mark.parametrize(
    ("changed", "replaces"),
    [
        ({"version": "8.0.0"}, []),
        ({"allowedAccountIds": '["111122223333"]'}, []),
        ({"region": "eu-central-1"}, ["region"]),
        ({"allowedAccountIds": ["999999999999"]}, ["allowedAccountIds"]),
    ],
)
def test_another_account_or_region_replaces(
    engine: EngineCalls, changed: dict[str, Any], replaces: list[str]
) -> None:
    answer = engine.provider.DiffConfig(
        provider_pb2.DiffRequest(
            urn=engine.urn("pulumi:providers:aws", "default"),
            olds=values.write(GOOD),
            news=values.write({**GOOD, **changed}),
        )
    )
    assert list(answer.replaces) == replaces

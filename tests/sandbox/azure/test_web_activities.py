"""Web activities really call what is on this machine, and nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.sandbox.azure.definitions import activity, pipeline
from tests.sandbox.azure.running import Factory


class Called(BaseHTTPRequestHandler):
    heard: list[tuple[str, str, Any, str]] = []

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        self.heard.append((self.command, self.path, body, self.headers.get("X-Token", "")))
        status, said = {
            "/list": (200, b"[1, 2]"), "/text": (200, b"plain"), "/bad": (409, b'{"why": "no"}'),
        }.get(self.path, (200, b'{"word": "yes"}'))  # fmt: skip
        self.send_response(status)
        self.send_header("X-Answer", "42")
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = answer

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    Called.heard = []
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Called)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()


def web(url: str, **more: Any) -> dict[str, Any]:
    return activity("call", "WebActivity", {"method": "GET", "url": url, **more})


def test_it_sends_what_it_is_told_and_reads_the_answer(adf: Factory, server: str) -> None:
    call = web(
        f"{server}/x?day=@{{utcNow('yyyy')}}", method="POST", headers={"X-Token": "t-1"},
        body={"run": "@pipeline().RunId"},
    )  # fmt: skip
    adf.put("p", pipeline(call))
    run = adf.run("p")

    assert run["status"] == "Succeeded"
    ((method, path, body, token),) = Called.heard
    assert (method, path, token) == ("POST", "/x?day=2027", "t-1")
    assert json.loads(body) == {"run": run["runId"]}
    output = adf.output(run["runId"], "call")
    assert output["word"] == "yes"
    assert output["ADFWebActivityResponseHeaders"]["X-Answer"] == "42"


@pytest.mark.parametrize(
    ("path", "name", "value"), [("/list", "value", [1, 2]), ("/text", "Response", "plain")]
)
def test_answers_that_are_no_records(
    adf: Factory, server: str, path: str, name: str, value: Any
) -> None:
    adf.put("p", pipeline(web(f"{server}{path}")))
    assert adf.output(adf.run("p")["runId"], "call")[name] == value


def test_a_refusal_fails_the_activity(adf: Factory, server: str) -> None:
    adf.put("p", pipeline(web(f"{server}/bad")))
    run = adf.run("p")
    assert run["status"] == "Failed"
    error = adf.activities(run["runId"])[0]["error"]
    assert (error["errorCode"], error["message"]) == ("2108", '{"why": "no"}')


def test_nobody_there_fails_the_activity(adf: Factory) -> None:
    adf.put("p", pipeline(web("http://127.0.0.1:9/")))
    assert "Error calling the endpoint" in adf.run("p")["message"]


def test_nothing_leaves_this_machine(adf: Factory) -> None:
    adf.put("p", pipeline(web("https://example.org/train")))
    run = adf.run("p")
    assert run["status"] == "Succeeded"
    output = adf.output(run["runId"], "call")
    assert output["simulated"] is True
    assert "does not call example.org" in output["Response"]


def test_an_address_that_is_none_is_refused(adf: Factory) -> None:
    adf.put("p", pipeline(web("file:///etc/passwd")))
    assert "Invalid URL" in adf.run("p")["message"]

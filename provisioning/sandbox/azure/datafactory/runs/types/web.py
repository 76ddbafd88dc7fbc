"""The web activity. Loopback addresses are really called; nothing leaves this machine."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import urllib3

from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.expressions.values import written
from provisioning.sandbox.azure.datafactory.runs.records import Failure
from provisioning.sandbox.azure.datafactory.runs.steps import (
    ActivityType,
    Done,
    Failed,
    Later,
    Outcome,
    Outside,
    Step,
    failed,
)
from provisioning.sandbox.azure.times import parse_span

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_USUAL_SECONDS, _MOST_SECONDS = 60.0, 60.0
_LARGEST_ANSWER = 4 * 1024 * 1024
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")


class WebActivity(ActivityType):
    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=16, block=False)

    def begin(self, step: Step) -> Outcome:
        url, method = written(step.given("url")), written(step.given("method")).upper()
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return failed("2108", f"Invalid URL '{url}': it has to begin with http or https.")
        if method not in _METHODS:
            return failed("2108", f"The method '{method}' is none of {', '.join(_METHODS)}.")
        if parts.hostname.lower() not in LOOPBACK:
            step.memory["output"] = _simulated(url, parts.hostname)
            return Later(step.seconds(0.5, 3))
        given = step.given("headers") or {}
        if not isinstance(given, dict):
            raise ExpressionError("The headers of a web activity have to be an object.")
        headers = {str(name): written(value) for name, value in given.items()}
        body = _written_body(step.given("body"), headers)
        seconds = _timeout(step.given("httpRequestTimeout"))
        return Outside(lambda: self._call(method, url, headers, body, seconds))

    def _call(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, seconds: float
    ) -> Done | Failed:
        try:
            answer = self._pool.request(
                method, url, headers=headers, body=body, retries=False, redirect=False,
                timeout=urllib3.Timeout(connect=5, read=seconds),
            )  # fmt: skip
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            message = (
                f"Error calling the endpoint '{url}'. Response status code: ''. More details: "
                f"Exception message: '{error}'."
            )
            return failed("2108", message)
        output = _read(answer)
        if answer.status >= 300:
            return Failed(Failure(code="2108", message=_refusal(url, answer)), output)
        return Done(output)


class WebHook(WebActivity):
    """It calls and then waits to be called back, which nobody here does: it only calls."""


def _simulated(url: str, host: str) -> dict[str, Any]:
    sentence = f"The sandbox does not call {host}. It answers 200 in its place."
    return {"Response": sentence, "simulated": True, "url": url, **_around({})}


def _around(headers: dict[str, str]) -> dict[str, Any]:
    return {
        "ADFWebActivityResponseHeaders": headers,
        "effectiveIntegrationRuntime": "AutoResolveIntegrationRuntime (West Europe)",
        "durationInQueue": {"integrationRuntimeQueue": 0},
    }


def _written_body(body: Any, headers: dict[str, str]) -> bytes | None:
    if body is None:
        return None
    if isinstance(body, str):
        return body.encode()
    if "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json"
    return json.dumps(body).encode()


def _timeout(given: Any) -> float:
    """The sandbox waits a minute at most: a clock that is advanced stands still meanwhile."""
    if given is None:
        return _USUAL_SECONDS
    try:
        return min(parse_span(written(given)).total_seconds(), _MOST_SECONDS)
    except ValueError:
        return _USUAL_SECONDS


def _read(answer: Any) -> dict[str, Any]:
    around = _around(dict(answer.headers.items()))
    data = answer.data[:_LARGEST_ANSWER]
    try:
        found = json.loads(data) if data else {}
    except ValueError:
        found = data.decode("utf-8", "replace")
    if isinstance(found, dict):
        return {**found, **around}
    return {"value" if isinstance(found, list) else "Response": found, **around}


def _refusal(url: str, answer: Any) -> str:
    said = answer.data[:2000].decode("utf-8", "replace")
    return said or (
        f"Error calling the endpoint '{url}'. Response status code: '{answer.status} - "
        f"{answer.reason}'."
    )

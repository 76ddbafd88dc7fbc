"""Connectors: `call: googleapis.aiplatform.v1.projects.locations.customJobs.create`. They send
what the API's method takes, and wait for a long-running operation.
https://cloud.google.com/workflows/docs/reference/googleapis"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlencode

from provisioning.sandbox.google.discovery import Document, Method
from provisioning.sandbox.google.workflows.errors import WorkflowError

# Those of the simulated APIs that Workflows has connectors to.
_APIS = frozenset({
    "aiplatform.v1", "dataflow.v1b3", "logging.v2", "pubsub.v1", "run.v2",
    "workflowexecutions.v1", "workflows.v1",
})  # fmt: skip
_NAME = re.compile(r"googleapis\.((\w+)\.(v\w+))\.([\w.]+)")
_POLL_SECONDS = 1.0
# Arguments of every connector: where the API is, and how it is waited for.
_COMMON = frozenset({"connector_params", "location", "region"})


class Outside(Protocol):
    def request(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    def sleep(self, seconds: float) -> None: ...


@lru_cache(maxsize=256)
def method_of(name: str) -> Method | None:
    """The API's method, if there is such a connector."""
    match = _NAME.fullmatch(name)
    if match is None or match[1] not in _APIS:
        return None
    try:
        return Document(match[1]).method(f"{match[2]}.{match[4]}")
    except KeyError:
        return None


def call(name: str, arguments: Mapping[str, Any], outside: Outside) -> Any:
    """What the API answers, or the response of the operation that it began."""
    method = method_of(name)
    assert method is not None, name
    _, service, version, *_ = name.split(".")
    host = f"https://{service}.googleapis.com"
    given = {key: one for key, one in arguments.items() if key not in _COMMON or key in method.path}
    path, rest = _filled(method.path, given)
    body = rest.pop("body", None)
    query = f"?{urlencode(rest, doseq=True)}" if rest else ""
    answer = _asked(outside, method.verb, f"{host}/{path}{query}", body=body)
    if (arguments.get("connector_params") or {}).get("skip_polling"):
        return answer
    while _is_operation(answer):
        if answer.get("done"):
            return _finished(answer)
        outside.sleep(_POLL_SECONDS)
        answer = _asked(outside, "GET", f"{host}/{version}/{answer['name']}")
    return answer


def _asked(outside: Outside, verb: str, url: str, body: Any = None) -> Any:
    arguments = {"url": url, "auth": {"type": "OAuth2"}}
    if body is not None:
        arguments["body"] = body
    return outside.request(verb, arguments)["body"]


def _filled(path: str, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path with its parameters, and the arguments that are left."""
    rest = dict(arguments)

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in arguments:
            raise WorkflowError.of("ValueError", f"the argument '{name}' is missing")
        rest.pop(name, None)
        return str(arguments[name])

    return re.sub(r"\{\+?(\w+)\}", value, path), rest


def _is_operation(answer: Any) -> bool:
    return isinstance(answer, dict) and "/operations/" in str(answer.get("name", ""))


def _finished(operation: dict[str, Any]) -> Any:
    if failed := operation.get("error"):
        message = str(failed.get("message", ""))
        raise WorkflowError.of("OperationError", message, operation=operation)
    return operation.get("response")

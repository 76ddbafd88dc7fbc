"""What an execution has of the world, the second time as the first.

A call of one of Google's APIs is answered within the sandbox, as the workflow's service account;
one of a service of Cloud Run is awaited. Of other addresses there is nothing here.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from provisioning.sandbox.google.accounts import TOKEN
from provisioning.sandbox.google.calls import part, short
from provisioning.sandbox.google.workflows.errors import WorkflowError
from provisioning.sandbox.google.workflows.lines import ExecutionLines
from provisioning.sandbox.google.workflows.records import Execution
from provisioning.sandbox.rest import RestRequest, RestResponse

_APIS, _SERVICES = ".googleapis.com", ".run.app"
Ask = Callable[[RestRequest], RestResponse]


class Waits(Exception):
    """The execution goes on when this much time has passed."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"{seconds} s")


class Calls(Exception):
    """The execution goes on when the service has answered."""

    def __init__(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes,
                 account: str) -> None:  # fmt: skip
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.account = account
        super().__init__(url)


class Recorded:
    """Answers from what was noted, and notes what is new."""

    def __init__(
        self, execution: Execution, *, ask: Ask, lines: ExecutionLines, now: float
    ) -> None:
        self._execution = execution
        self._ask = ask
        self._lines = lines
        self._now = now
        self._place = 0

    def request(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._once(lambda: self._requested(method, arguments))
        return found

    def sleep(self, seconds: float) -> None:
        past = self._execution.past
        if self._place < len(past):
            self._place += 1
            return
        past.append({"value": None})
        raise Waits(seconds)

    def log(self, data: Any, severity: str) -> None:
        self._once(lambda: self._lines.said(self._execution, data, severity, time=self._now))

    def environment(self, name: str) -> str | None:
        execution = self._execution
        workflow = execution.workflow
        known = {
            "GOOGLE_CLOUD_PROJECT_ID": part(workflow, "projects"),
            "GOOGLE_CLOUD_LOCATION": part(workflow, "locations"),
            "GOOGLE_CLOUD_WORKFLOW_ID": short(workflow),
            "GOOGLE_CLOUD_WORKFLOW_REVISION_ID": execution.revision,
            "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": short(execution.name),
            "GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME": execution.account,
        }
        return known.get(name, execution.environment.get(name))

    def now(self) -> float:
        return float(self._once(lambda: self._now))

    def uuid(self) -> str:
        return str(self._once(lambda: str(uuid.uuid4())))

    def _once(self, work: Callable[[], Any]) -> Any:
        past = self._execution.past
        if self._place == len(past):
            try:
                past.append({"value": work()})
            except WorkflowError as error:
                past.append({"error": error.payload})
        noted = past[self._place]
        self._place += 1
        if "error" in noted:
            raise WorkflowError(copy.deepcopy(noted["error"]))
        return copy.deepcopy(noted["value"])  # the workflow may change what it was given

    def _requested(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        url = urlsplit(str(arguments.get("url", "")))
        host, auth = url.hostname or "", _map(arguments, "auth").get("type")
        query = dict(parse_qsl(url.query)) | {
            str(name): str(value) for name, value in _map(arguments, "query").items()
        }
        account = self._execution.account
        if url.scheme == "https" and host.endswith(_SERVICES):
            target = url._replace(query=urlencode(query)).geturl()
            raise Calls(
                method,
                target,
                headers=_headers(arguments),
                body=_body(arguments),
                account=account if auth == "OIDC" else "",
            )
        if url.scheme != "https" or not host.endswith(_APIS):
            raise WorkflowError.of("ConnectionError", f"the sandbox reaches no {url.geturl()}")
        # Of a regional address, europe-west1-aiplatform, the region is in the path as well.
        path = f"/{host.removesuffix(_APIS).rpartition('-')[2]}{unquote(url.path)}"
        named = {"authorization": f"Bearer {TOKEN}{account}"} if auth in ("OAuth2", "OIDC") else {}
        request = RestRequest(
            method=method,
            path=path,
            target=path,
            query=query,
            headers={**_headers(arguments), **named},
            body=_body(arguments),
            root="",
        )
        answer = self._ask(request)
        body = answer.body
        text = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
        return answered(answer.status, text)


def answered(status: int, body: bytes | str) -> dict[str, Any]:
    """As a workflow sees it. Raises WorkflowError."""
    found = {"code": status, "headers": {"Content-Type": "application/json"}, "body": _read(body)}
    if status >= 400:
        message = f"HTTP server responded with error code {status}"
        raise WorkflowError({**found, "message": message, "tags": ["HttpError"]})
    return found


def _read(body: bytes | str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body if isinstance(body, str) else body.decode("utf-8", "replace")


def _map(arguments: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = arguments.get(name) or {}
    if not isinstance(found, Mapping):
        raise WorkflowError.of("TypeError", f"{name} has to be a map")
    return found


def _headers(arguments: Mapping[str, Any]) -> dict[str, str]:
    headers = _map(arguments, "headers")
    given = {str(name).lower(): str(value) for name, value in headers.items()}
    return {"content-type": "application/json", **given}


def _body(arguments: Mapping[str, Any]) -> bytes:
    body = arguments.get("body")
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else "" if body is None else json.dumps(body)).encode()

"""A Data Factory pipeline to test with, and an Azure that answers what was recorded.

The answers come over HTTP, so that the official SDKs read them.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from provisioning.blueprints.azure_data_factory import names
from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.clouds import open_session, sandbox_credential
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Access,
    Cloud,
    EventSpec,
    ObjectCreatedSpec,
    SandboxAddress,
    ScheduleSpec,
    StackSpec,
    TriggerSpec,
    TumblingWindowSpec,
)
from provisioning.errors import InvalidInput

ACCOUNT = "5a4db0c5-0000-4000-8000-000000000001"
SLUG = "sales"
NOW = "2027-03-02T12:00:00+00:00"
FACTORY = names.factory_id(SLUG, ACCOUNT)

DAILY = ScheduleSpec(key="t1", cron="0 6 * * *", timezone="Europe/Berlin")
HOURLY = TumblingWindowSpec(
    key="t2", frequency="hour", interval=6, start=datetime(2027, 1, 1, tzinfo=UTC)
)
CREATED = ObjectCreatedSpec(key="t3", prefix="data/", suffix=".csv")
READY = EventSpec(key="t4", source="lab", types=("dataset.ready", "dataset.fixed"))


def settings(**changes: Any) -> dict[str, Any]:
    return BLUEPRINT.validate({**deepcopy(BLUEPRINT.example()), **changes})


def activities(*some: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Settings with these activities and no others."""
    return {"source": "activities", "activities": list(some), **changes}


def problems(given: dict[str, Any]) -> dict[str, str]:
    """Field → what is wrong with it."""
    try:
        BLUEPRINT.validate(given)
    except InvalidInput as error:
        return {each.field: each.message for each in error.problems}
    return {}


def spec(*triggers: TriggerSpec, given: dict[str, Any] | None = None) -> StackSpec:
    return StackSpec(
        pipeline_id=1,
        name="Sales",
        slug=SLUG,
        blueprint=BLUEPRINT.kind,
        settings=given or settings(),
        triggers=triggers,
        region="westeurope",
        account=ACCOUNT,
    )


class Azure:
    """Answers in the order they were recorded for a call; the last one again and again."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self._answers: list[tuple[str, str, list[tuple[int, Any]]]] = []
        self.now = NOW

    def answers(self, method: str, path: str, *answers: Any) -> None:
        """`path` is a regular expression of the end of the address."""
        self._answers.append((method, path, [(200, each) for each in answers]))

    def refuses(self, method: str, path: str, status: int, code: str, message: str = "") -> None:
        body = {"error": {"code": code, "message": message or f"the cloud's words on {code}"}}
        self._answers.append((method, path, [(status, body)]))

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [body for _, asked, body in self.asked if re.search(f"{path}$", asked)]

    def calls(self) -> list[str]:
        """Everything asked of a factory, in short: "POST triggers/x/start"."""
        start = f"/arm{FACTORY}/"
        return [
            f"{method} {path.removeprefix(start)}"
            for method, path, _ in self.asked
            if path.startswith(start)
        ]

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append((method, path, body))
        if path == "/clock":
            return 200, {"now": self.now}
        for wanted, form, left in reversed(self._answers):
            if wanted == method and re.search(f"{form}$", path):
                return left.pop(0) if len(left) > 1 else left[0]
        return 404, {"error": {"code": "ResourceNotFound", "message": f"no answer for {path}"}}


@contextmanager
def answering() -> Iterator[tuple[Azure, Session]]:
    azure = Azure()

    class Endpoint(BaseHTTPRequestHandler):
        def reply(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path, _, query = self.path.partition("?")
            body = json.loads(text) if text else {}
            asked = {"?": query, **body} if isinstance(body, dict) else {"events": body}
            status, found = azure.answer(self.command, path, asked)
            answer = b"" if found is None else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = reply

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    address = SandboxAddress(control_url=url, aws_url="", azure_url=url, provider="127.0.0.1:1")
    access = Access(
        cloud=Cloud.AZURE,
        region="westeurope",
        account=ACCOUNT,
        credential=sandbox_credential(Cloud.AZURE, ACCOUNT),
        sandbox=address,
    )
    try:
        yield azure, open_session(access)
    finally:
        server.shutdown()
        server.server_close()

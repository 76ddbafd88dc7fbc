"""One stack of the tiny Blueprint, operated through real processes and the real engine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from provisioning.contracts import (
    Access,
    Cloud,
    Credential,
    EngineCommand,
    LogEvent,
    Operation,
    OperationEvent,
    OperationRequest,
    OutcomeEvent,
    SandboxAddress,
    ScheduleSpec,
    StackSpec,
)
from provisioning.operations import RunningOperation, StackFiles, Standing, read_events, start

ACCESS_KEY_ID = "AKIA111122223333SBOX"
SECRET_KEY = "planted/secret+access=key"
PASSPHRASE = "planted passphrase of the state"
SECONDS = 150


def wait_for(ready: Callable[[], Any], seconds: float = SECONDS) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.02)
    return found


@dataclass
class Ended:
    """An operation that has come to its end."""

    events: list[OperationEvent]
    code: int
    words: str

    @property
    def outcome(self) -> OutcomeEvent:
        assert self.events, self.words
        assert isinstance(self.events[-1], OutcomeEvent), self.words
        return self.events[-1]

    @property
    def lines(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, LogEvent)]


@dataclass
class TinyStack:
    folder: Path
    engine: EngineCommand
    provider: str
    clock: str
    number: int = 0
    triggers: tuple[ScheduleSpec, ...] = (
        ScheduleSpec(key="t1", cron="0 6 * * *", timezone="Europe/Berlin"),
    )
    running: list[RunningOperation] = field(default_factory=list)

    @property
    def diary(self) -> list[str]:
        return (self.folder / "diary").read_text().splitlines()

    @property
    def spool(self) -> Path:
        return self.folder / "spool" / f"{self.number}.jsonl"

    def request(
        self,
        operation: str,
        things: dict[str, Any],
        plan: str | None = None,
        untouched: tuple[str, ...] = (),
        **settings: Any,
    ) -> OperationRequest:
        self.number += 1
        return OperationRequest(
            deployment_id=self.number,
            operation=Operation(operation),
            spec=self._spec({"things": things, "diary": str(self.folder / "diary"), **settings}),
            access=self._access(),
            engine=self.engine,
            state_dir=str(self.folder / "state"),
            work_dir=str(self.folder / "work"),
            spool=str(self.spool),
            passphrase=SecretStr(PASSPHRASE),
            plan=plan and str(self.folder / plan),
            untouched=untouched,
        )

    def start(self, operation: str, things: dict[str, Any], **more: Any) -> RunningOperation:
        self.running.append(start(self.request(operation, things, **more)))
        return self.running[-1]

    def run(self, operation: str, things: dict[str, Any] | None = None, **more: Any) -> Ended:
        return self.end(self.start(operation, things or {}, **more))

    def end(self, running: RunningOperation) -> Ended:
        wait_for(lambda: running.poll() is not None)
        code = running.poll()
        assert code is not None
        return Ended(self.events(), code, running.last_words())

    def events(self) -> list[OperationEvent]:
        return read_events(self.spool, 0)[0]

    def has_said(self, text: str) -> bool:
        return any(text in event.text for event in self.events() if isinstance(event, LogEvent))

    @property
    def standing(self) -> Standing:
        return StackFiles(self.folder / "state", "tiny", "tiny-stack").standing()

    @property
    def resources(self) -> list[dict[str, Any]]:
        """Of the state: the things."""
        (checkpoint,) = (self.folder / "state").glob(".pulumi/stacks/*/tiny-stack.json")
        found = json.loads(checkpoint.read_text())["checkpoint"]["latest"]["resources"]
        return [each for each in found if each["type"] == "aws:tiny/thing:Thing"]

    def _spec(self, settings: dict[str, Any]) -> StackSpec:
        return StackSpec(
            pipeline_id=1, name="Tiny", slug="tiny-stack", blueprint="tiny", settings=settings,
            triggers=self.triggers, region="eu-west-1", account="111122223333",
        )  # fmt: skip

    def _access(self) -> Access:
        return Access(
            cloud=Cloud.AWS,
            region="eu-west-1",
            account="111122223333",
            credential=Credential(
                method="access_keys",
                fields={
                    "access_key_id": SecretStr(ACCESS_KEY_ID),
                    "secret_access_key": SecretStr(SECRET_KEY),
                },
            ),
            # Nothing in these tests asks AWS, so nothing listens there.
            sandbox=SandboxAddress(
                control_url=self.clock, aws_url="http://127.0.0.1:9", provider=self.provider
            ),
        )  # fmt: skip


def engine_of(running: RunningOperation) -> psutil.Process:
    """The `pulumi` process that the operation has started."""

    def found() -> psutil.Process | None:
        children = psutil.Process(running.pid).children()
        return next((child for child in children if child.name() == "pulumi"), None)

    process: psutil.Process = wait_for(found)
    return process

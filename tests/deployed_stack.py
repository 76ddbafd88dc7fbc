"""A stack of a real Blueprint on the sandbox, operated as a worker does it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from provisioning.contracts import (
    Access,
    EngineCommand,
    Operation,
    OperationEvent,
    OperationRequest,
    OutcomeEvent,
    StackSpec,
)
from provisioning.operations import RunningOperation, read_events, start

SECONDS = 240


@dataclass
class DeployedStack:
    folder: Path
    engine: EngineCommand
    access: Access
    spec: StackSpec
    number: int = 0
    adopt: dict[str, str] | None = None

    @property
    def spool(self) -> Path:
        return self.folder / "spool" / f"{self.number}.jsonl"

    @property
    def checkpoint(self) -> Path:
        """The engine's own state of the stack."""
        stacks = self.folder / "state" / ".pulumi" / "stacks"
        return stacks / self.spec.project / f"{self.spec.stack}.json"

    @property
    def events(self) -> list[OperationEvent]:
        return read_events(self.spool, 0)[0]

    def change(self, **settings: Any) -> None:
        both = {**self.spec.settings, **settings}
        self.spec = self.spec.model_copy(update={"settings": both})

    def start(self, operation: Operation, plan: str | None = None) -> RunningOperation:
        self.number += 1
        return start(
            OperationRequest(
                deployment_id=self.number,
                operation=operation,
                spec=self.spec,
                access=self.access,
                engine=self.engine,
                state_dir=str(self.folder / "state"),
                work_dir=str(self.folder / "stacks" / self.spec.slug),
                spool=str(self.spool),
                passphrase=SecretStr("the passphrase of the state"),
                plan=plan and str(self.folder / plan),
                adopt=self.adopt,
            )
        )

    def run(self, operation: Operation, plan: str | None = None) -> OutcomeEvent:
        outcome = self.end(self.start(operation, plan))
        if outcome.outputs is not None:
            self.spec = self.spec.model_copy(update={"outputs": outcome.outputs})
        return outcome

    def end(self, running: RunningOperation) -> OutcomeEvent:
        deadline = time.monotonic() + SECONDS
        while running.poll() is None:
            assert time.monotonic() < deadline, "the operation does not come to its end"
            time.sleep(0.02)
        assert self.events, running.last_words()
        outcome = self.events[-1]
        assert isinstance(outcome, OutcomeEvent), running.last_words()
        return outcome

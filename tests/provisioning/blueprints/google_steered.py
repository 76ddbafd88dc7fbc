"""A deployed pipeline on the simulated Google, as a person with Skyclock sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from provisioning.blueprints.base import Blueprint, Controls, RunReader
from provisioning.clouds import open_session
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Cloud,
    EngineCommand,
    EventSample,
    ObjectSample,
    Operation,
    RunRecord,
    StackSpec,
    TriggerProof,
)
from tests.deployed_stack import DeployedStack
from tests.sandbox_process import ACCOUNTS, SandboxProcess

PATIENCE_SECONDS = 150.0


def deploy(
    folder: Path, engine: EngineCommand, sandbox: SandboxProcess, spec: StackSpec
) -> DeployedStack:
    project, region = ACCOUNTS[Cloud.GOOGLE]
    placed = spec.model_copy(update={"account": project, "region": region})
    stack = DeployedStack(folder, engine, sandbox.access(cloud=Cloud.GOOGLE), placed)
    outcome = stack.run(Operation.UP)
    assert outcome.status == "succeeded", outcome.error
    return stack


@dataclass
class Steered:
    blueprint: Blueprint
    sandbox: SandboxProcess
    spec: StackSpec

    @cached_property
    def session(self) -> Session:
        return open_session(self.sandbox.access(cloud=Cloud.GOOGLE))

    @property
    def reader(self) -> RunReader:
        return self.blueprint.reader(self.session, self.spec)

    @property
    def controls(self) -> Controls:
        return self.blueprint.controls(self.session, self.spec)

    def proofs(self) -> dict[str, TriggerProof]:
        found = self.blueprint.trigger_states(self.session, self.spec)
        return {proof.key: proof for proof in found}

    def pause(self, key: str) -> None:
        self.blueprint.pause(self.session, self.spec, key)

    def resume(self, key: str) -> None:
        self.blueprint.resume(self.session, self.spec, key)

    def put(self, *keys: str, content: bytes = b"a,b\n1,2\n") -> None:
        """All at once, where there are several."""
        samples = [ObjectSample(key=key, content=content) for key in keys]
        with ThreadPoolExecutor(max_workers=16) as pool:
            list(pool.map(lambda one: self.blueprint.emit(self.session, self.spec, one), samples))

    def publish(self, source: str, type: str, **detail: Any) -> str:
        sample = EventSample(source=source, type=type, detail=detail)
        return self.blueprint.emit(self.session, self.spec, sample)

    def advance(self, delta: timedelta) -> None:
        self.sandbox.control("/clock", {"advance": f"PT{max(1, int(delta.total_seconds()))}S"})

    def advance_to(self, moment: datetime) -> None:
        self.advance(moment - self.session.now() + timedelta(seconds=1))

    def runs(self, since: datetime) -> list[RunRecord]:
        """The oldest first."""
        reader = self.reader
        page = reader.runs(since=since)
        found = [*page.runs]
        while page.cursor:
            page = reader.runs(since=since, cursor=page.cursor)
            found += page.runs
        return found[::-1]

    def until(self, fits: Callable[[list[RunRecord]], bool], since: datetime) -> list[RunRecord]:
        """The runs as they are listed, when they are as wanted; what happens outside the clock
        takes real time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not fits(found := self.runs(since)):
            assert time.monotonic() < deadline, found
            self.advance(timedelta(seconds=5))
            time.sleep(0.05)
        return found

    def all_ended(self, count: int, since: datetime) -> list[RunRecord]:
        """When there are as many and all of them have ended."""
        return self.until(
            lambda runs: len(runs) >= count and all(run.status.final for run in runs), since
        )

    def ended(self, count: int, since: datetime) -> list[RunRecord]:
        """The same, each as its own page shows it."""
        found, reader = self.all_ended(count, since), self.reader
        return [reader.run(run.cloud_id) for run in found]

"""Three ways to deploy one stack, for `benchmarks.deployments`."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
from pulumi import automation
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2_grpc

from provisioning.blueprints import registry
from provisioning.clouds import environment, pulumi_config
from provisioning.contracts import Operation, OutcomeEvent
from provisioning.engine.backend import Backend
from provisioning.engine.environment import clean_environment
from provisioning.engine.stacks import SANDBOX_PACKAGES
from provisioning.operations import read_events
from tests.deployed_stack import DeployedStack

LOOK_SECONDS = 0.02  # as the worker does
PASSPHRASE = "the passphrase of the state"  # noqa: S105, the one that DeployedStack has


@dataclass
class Contender:
    """One way, on a stack of its own. `up` returns the seconds that it took."""

    name: str
    stack: DeployedStack
    up: Callable[[], float]

    def answer(self) -> str:
        """What there is now and what the last operation did, the same for every contender."""
        said = [resources(self.stack), outputs(self.stack), changes(self.stack)]
        return json.dumps(said, sort_keys=True).replace(self.stack.spec.slug, "*")


# ── What the engine has written down ────────────────────────────────────────────────


def resources(stack: DeployedStack) -> list[str]:
    """Those of clouds, without the engine's own and the program's components."""
    found = _latest(stack)["resources"]
    mine = [each for each in found if each["custom"] and "pulumi:providers" not in each["type"]]
    return sorted(each["urn"] for each in mine)


def outputs(stack: DeployedStack) -> dict[str, Any]:
    root = next(each for each in _latest(stack)["resources"] if "parent" not in each)
    found: dict[str, Any] = root["outputs"]
    return found


def changes(stack: DeployedStack) -> dict[str, int]:
    """E.g. {"same": 12}"""
    kept = stack.folder / "state" / ".pulumi" / "history" / stack.spec.project / stack.spec.stack
    newest = max(kept.glob("*.history.json"), key=lambda path: path.name)
    found: dict[str, int] = json.loads(newest.read_text())["resourceChanges"]
    return found


def _latest(stack: DeployedStack) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stack.checkpoint.read_text())["checkpoint"]["latest"]
    return found


# ── Ours ────────────────────────────────────────────────────────────────────────────


def ours(stack: DeployedStack) -> Contender:
    return Contender("ours", stack, lambda: timed(lambda: by_product(stack)))


def by_product(stack: DeployedStack) -> None:
    """As a worker does it: start, read the events as they come, up to the outcome."""
    running = stack.start(Operation.UP)
    outcome, offset = None, 0
    while not isinstance(outcome, OutcomeEvent):
        ended = running.poll() is not None
        events, offset = read_events(stack.spool, offset)
        outcome = events[-1] if events else None
        assert events or not ended, running.last_words()
        if not events:
            running.rest(LOOK_SECONDS)
    assert outcome.status == "succeeded", outcome.error
    assert outcome.outputs and all(proof.state == "active" for proof in outcome.proofs)


# ── The bare engine ─────────────────────────────────────────────────────────────────


def bare(stack: DeployedStack) -> Contender:
    """`pulumi up` alone: the stack and its settings are there, the language host waits."""
    documented(stack)
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    host = LanguageServer(program(stack))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    command = Path(stack.engine.root) / "bin" / "pulumi"
    argv = [
        str(command), "up", "--yes", "--skip-preview", "--non-interactive", "--stack",
        stack.spec.stack, f"--client=127.0.0.1:{port}", "--exec-kind", "auto.inline",
    ]  # fmt: skip
    env = clean_environment() | variables(stack)

    def up(_: object = server) -> None:  # which would end when nobody held it
        folder = str(backend(stack).work_dir)
        done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + done.stdout

    return Contender("bare", stack, lambda: timed(up))


# ── The Automation API ──────────────────────────────────────────────────────────────


def library(stack: DeployedStack) -> Contender:
    return Contender("library", stack, lambda: timed(lambda: by_library(stack)))


def by_library(stack: DeployedStack) -> None:
    lines: list[str] = []
    result = documented(stack).up(on_output=lines.append)
    assert result.summary.result == "succeeded" and result.outputs


def documented(stack: DeployedStack) -> automation.Stack:
    """Select it, or make it, and set its configuration, as the documentation does it."""
    store = backend(stack)
    store.prepare()
    selected = automation.create_or_select_stack(
        stack_name=store.stack,
        project_name=store.project,
        program=program(stack),
        opts=automation.LocalWorkspaceOptions(
            work_dir=str(store.work_dir),
            pulumi_home=str(store.home),
            env_vars=variables(stack),
            pulumi_command=automation.PulumiCommand(root=stack.engine.root),
        ),
    )
    config = pulumi_config(stack.access)
    selected.set_all_config({key: automation.ConfigValue(each) for key, each in config.items()})
    return selected


# ── What they share ─────────────────────────────────────────────────────────────────


def program(stack: DeployedStack) -> Callable[[], None]:
    blueprint = registry.get(stack.spec.blueprint)
    spec = blueprint.prepare(stack.spec, datetime.now(UTC))
    module = import_module(blueprint.program_module())
    return lambda: module.program(spec)


def backend(stack: DeployedStack) -> Backend:
    return Backend(
        state_dir=stack.folder / "state",
        work_dir=stack.folder / "stacks" / stack.spec.slug,
        project=stack.spec.project,
        stack=stack.spec.stack,
        passphrase=PASSPHRASE,
    )


def variables(stack: DeployedStack) -> dict[str, str]:
    assert stack.access.sandbox
    port = stack.access.sandbox.provider.rpartition(":")[2]
    return {
        **environment(stack.access),
        **backend(stack).environment(),
        "PULUMI_DEBUG_PROVIDERS": ",".join(f"{package}:{port}" for package in SANDBOX_PACKAGES),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

"""How many executions of a state machine a simulated Step Functions gets through.

    .venv/bin/python -m benchmarks.executions [count]

Each is started by a call of its own and goes through four states. The sandbox's interpreter is
compared with the one that moto ships, which runs each execution on threads of its own.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import boto3
from moto.core.config import default_user_config
from moto.server import ThreadedMotoServer

from tests.sandbox.aws.conftest import ACCOUNT, REGION, SandboxAws, make_role

NAMES = ("One", "Two", "Three", "Four")
PATIENCE_SECONDS = 300.0


def definition() -> str:
    following = dict(pairwise(NAMES))
    states = {
        name: {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}}
        | ({"Next": following[name]} if name in following else {"End": True})
        for name in NAMES
    }
    return json.dumps({"StartAt": NAMES[0], "States": states})


@contextmanager
def sandbox(folder: Path) -> Iterator[tuple[Any, Callable[[], None]]]:
    """A client of Step Functions, and what lets its time pass."""
    aws = SandboxAws(folder)
    aws.start()
    try:
        make_role(aws, "machine", "states.amazonaws.com")
        yield aws.client("stepfunctions"), lambda: void(aws.advance("PT1S"))
    finally:
        aws.stop()


@contextmanager
def moto() -> Iterator[tuple[Any, Callable[[], None]]]:
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        client = boto3.client(
            "stepfunctions",
            region_name=REGION,
            endpoint_url=f"http://{host}:{port}",
            aws_access_key_id="any",
            aws_secret_access_key="any",  # noqa: S106
        )
        yield client, lambda: time.sleep(0.05)
    finally:
        server.stop()


def void(_: object) -> None:
    """For what is called for its effect."""


def run(client: Any, passes: Callable[[], None], count: int) -> dict[str, float]:
    role = f"arn:aws:iam::{ACCOUNT}:role/machine"
    made = client.create_state_machine(name="m", definition=definition(), roleArn=role)
    machine = made["stateMachineArn"]
    threads, memory = threading.active_count(), resident()
    begun = time.perf_counter()
    started = [
        client.start_execution(stateMachineArn=machine, name=f"e{number}", input='{"n": 0}')
        for number in range(count)
    ]
    accepted = time.perf_counter()
    passes()
    for arn in (each["executionArn"] for each in started):
        while (status := client.describe_execution(executionArn=arn)["status"]) == "RUNNING":
            assert time.perf_counter() - begun < PATIENCE_SECONDS, "they do not come to their end"
            passes()
        assert status == "SUCCEEDED", status
    ended = time.perf_counter()
    return {
        "started per second": count / (accepted - begun),
        "through per second": count / (ended - begun),
        "KB of memory each": (resident() - memory) / count / 1024,
        "threads left": threading.active_count() - threads,
    }


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def in_sandbox(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with sandbox(Path(folder)) as (client, passes):
            show("sandbox", run(client, passes, count))
        size = (Path(folder) / "sandbox.db").stat().st_size
        show("sandbox", {"KB on disk each": size / count / 1024})


def in_moto(count: int) -> None:
    logging.getLogger("werkzeug").disabled = True
    with moto() as (client, passes):
        show("moto", run(client, passes, count))


def show(name: str, found: dict[str, float]) -> None:
    for what, value in found.items():
        print(f"{name:10}{value:10.1f}  {what}")


def main() -> None:
    """Each in a process of its own, so that neither finds what the other has left in memory."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for work in (in_sandbox, in_moto):
        process = get_context("spawn").Process(target=work, args=(count,))
        process.start()
        process.join()


if __name__ == "__main__":
    main()

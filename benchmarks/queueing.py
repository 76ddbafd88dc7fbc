"""A queue of stacks and a few slots, for `benchmarks.deployments`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from queue import Empty
from typing import Any

from benchmarks.deploying import by_library, by_product
from provisioning.operations.warming import warm
from tests.deployed_stack import DeployedStack


def in_product(stacks: Sequence[DeployedStack], slots: int) -> float:
    """Threads that wait for operations, as the worker's do."""
    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=slots) as pool:
        list(pool.map(by_product, stacks))
    return time.perf_counter() - began


def in_library(stacks: Sequence[DeployedStack], slots: int) -> float:
    """Inline programs at once in one process interfere, so a process for each slot; all of
    them have loaded everything before the time is taken."""
    spawn = get_context("spawn")
    queue, ready = spawn.Queue(), spawn.Barrier(slots + 1)
    for stack in stacks:
        queue.put(stack)
    processes = [spawn.Process(target=_slot, args=(queue, ready)) for _ in range(slots)]
    for process in processes:
        process.start()
    ready.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * slots
    return time.perf_counter() - began


def _slot(queue: Any, ready: Barrier) -> None:
    first: DeployedStack = queue.get()
    warm(first.spec.blueprint)
    ready.wait()
    stack: DeployedStack | None = first
    while stack:
        by_library(stack)
        try:
            stack = queue.get(timeout=0.1)
        except Empty:
            stack = None

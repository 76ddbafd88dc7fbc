"""How these tests try a Connection out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from provisioning import checks
from provisioning.contracts import Access, Check, Level
from tests.sandbox_process import SandboxProcess

READING = ["identity", "clock", "region", "list", "read_runs"]
ALL = [*READING, "start", "deploy"]


def tried(access: Access, level: Level = Level.DEPLOY, **more: Any) -> dict[str, Check]:
    """Each check by its name, in their order."""
    emitted: list[Check] = []
    report = checks.run(access, level, emit=emitted.append, **more)
    assert tuple(emitted) == report.checks
    return {check.name: check for check in report.checks}


def results(found: dict[str, Check]) -> dict[str, str]:
    return {name: check.result for name, check in found.items()}


@contextmanager
def fault(
    sandbox: SandboxProcess, kind: str, cloud: str, match: str, **more: Any
) -> Iterator[None]:
    body = {"kind": kind, "cloud": cloud, "match": match, **more}
    made = sandbox.control("/faults", body, method="POST")
    try:
        yield
    finally:
        sandbox.control(f"/faults?id={made['id']}", method="DELETE")

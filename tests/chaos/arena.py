"""One running product in which several Pipelines are struck at once, and put up again."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeVar

import psutil

from provisioning import clouds
from provisioning.clouds.session import Session
from provisioning.contracts import Access, Cloud, SandboxAddress
from tests.chaos import strikes
from tests.chaos.rows import Rows
from tests.chaos.strikes import SHARED, WHOLE, Target
from tests.sandbox_process import ACCOUNTS
from tests.whole.product import Answer, Client, Product

PATIENCE = 240.0
T = TypeVar("T")


@dataclass
class Arena:
    product: Product
    rows: Rows = field(init=False)
    client: Client = field(init=False)
    # One kill of what all share at a time, and none while the product is put up again.
    alone: threading.Lock = field(default_factory=threading.Lock)
    struck: list[tuple[float, Target, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = Rows(self.product.data)

    @classmethod
    def open(cls, folder: Path, *, lease: int) -> Arena:
        more = {"SKYCLOCK_WORKER_LEASE_SECONDS": str(lease)}
        arena = cls(Product(data=folder, extra=more))
        arena.product.start(timeout=PATIENCE)
        arena.client = arena.product.client()
        return arena

    def close(self) -> None:
        if self.product.process and self.product.process.poll() is None:
            self.product.stop()

    # ── Asking ──────────────────────────────────────────────────────────────────────

    def get(self, path: str) -> Any:
        return self.call("GET", path).body

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Asked again for as long as the web server is away."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._try(method, path, body)
            if answer and answer.status < 500:
                return answer
            assert time.monotonic() < deadline, f"{method} {path}: {answer}"
            time.sleep(0.3)

    def deploy(self, pipeline: int, operation: str) -> int:
        """Ask for it once: what was asked before the web server died counts."""
        with self.alone:  # what was struck is up again
            known = self.rows.newest(pipeline)
        path = f"/pipelines/{pipeline}/deployments"
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._try("POST", path, {"operation": operation})
            newest = self.rows.newest(pipeline)
            if newest > known:
                return newest
            refused = answer and 400 <= answer.status < 500
            assert not refused and time.monotonic() < deadline, answer
            time.sleep(0.3)

    def _try(self, method: str, path: str, body: Any) -> Answer | None:
        try:
            return self.client.call(method, path, body)
        except (urllib.error.URLError, HTTPException, OSError):
            return None

    def session(self, cloud: Cloud) -> Session:
        """A thread's own: as the product's worker enters that cloud."""
        ports = self._ports()
        account, region = ACCOUNTS[cloud]
        address = SandboxAddress(
            control_url=f"http://127.0.0.1:{ports['sandbox_control']}",
            aws_url=f"http://127.0.0.1:{ports['sandbox_aws']}",
            azure_url=f"http://127.0.0.1:{ports['sandbox_azure']}",
            google_url=f"http://127.0.0.1:{ports['sandbox_google']}",
            provider=f"127.0.0.1:{ports['sandbox_provider']}",
        )
        access = Access(
            cloud=cloud, region=region, account=account,
            credential=clouds.sandbox_credential(cloud, account), sandbox=address,
        )  # fmt: skip
        return clouds.open_session(access)

    def in_quiet(self, look: Callable[[], T]) -> T:
        """`look` at the clouds, while nobody kills what everybody needs."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with self.alone:
                try:
                    return look()
                except Exception:  # the sandbox, killed before this began, comes back by itself
                    if time.monotonic() > deadline:
                        raise
            time.sleep(1)

    def _ports(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.product.data / "ports.json").read_text())
        return found

    # ── Killing ─────────────────────────────────────────────────────────────────────

    def strike(self, target: Target, deployment: int) -> float | None:
        """Kill it now; when that was, or None if there was nothing to kill."""
        if target in SHARED:
            with self.alone:
                return self._strike(target, deployment)
        return self._strike(target, deployment)

    def struck_since(self, moment: float, deployment: int) -> list[Target]:
        """What was killed that this Deployment may have felt."""
        return [
            target
            for when, target, struck in list(self.struck)
            if when >= moment and (target in SHARED or struck == deployment)
        ]

    def _strike(self, target: Target, deployment: int) -> float | None:
        assert self.product.process
        found = strikes.processes(
            target,
            supervisor=self.product.process.pid,
            operation=self.rows.deployment(deployment).pid,
        )
        if target in SHARED and self.rows.deployment(deployment).final:
            return None  # it ended while another's strike was made good
        began = time.monotonic()
        if not strikes.kill(found):
            return None
        self.struck.append((began, target, deployment))
        stamp = datetime.now(UTC).strftime("%H:%M:%S")
        print(f"{stamp}   killed {target} in {deployment}: {[each.pid for each in found]}",
              flush=True)  # fmt: skip
        if target in WHOLE:
            self._start_again(found)
        if target is Target.SANDBOX:
            self._await_sandbox()
        return began

    def _await_sandbox(self) -> None:
        """The supervisor starts it again; until then every operation could only fail."""
        deadline = time.monotonic() + PATIENCE
        while not self._sandbox_answers():
            assert time.monotonic() < deadline, "the sandbox was not started again"
            time.sleep(0.2)

    def _sandbox_answers(self) -> bool:
        url = f"http://127.0.0.1:{self._ports()['sandbox_control']}/health"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _start_again(self, killed: list[psutil.Process]) -> None:
        """As a person or systemd does: its parts go by themselves first."""
        assert self.product.process
        self.product.process.wait(30)
        psutil.wait_procs(killed, timeout=30)
        deadline = time.monotonic() + 60
        while not self._data_is_free():
            assert time.monotonic() < deadline, "the killed product still holds its folder"
            time.sleep(0.1)
        self.product.output.clear()
        self.product.start(timeout=PATIENCE)

    def _data_is_free(self) -> bool:
        """No part of it listens any more."""
        listening = {each.laddr.port for each in _connections() if each.status == "LISTEN"}
        return not listening & {*self._ports().values(), self.product.port}


def _connections() -> list[Any]:
    found: list[Any] = psutil.net_connections("tcp")
    return found

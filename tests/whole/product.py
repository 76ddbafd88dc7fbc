"""The running product: `manage.py start`, as `make run` calls it, on a folder of its own."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from dashboard.supervisor import redis_server
from dashboard.supervisor.ports import free

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"


@dataclass
class Product:
    """Start, stop and kill it; `output` is all it printed."""

    data: Path
    port: int = field(default_factory=lambda: free(1)[0])
    extra: dict[str, str] = field(default_factory=dict)
    output: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SKYCLOCK_", "DJANGO_", "REDIS_", "DATABASE_", "AWS_"))
            or name in ("SKYCLOCK_PULUMI", "SKYCLOCK_ENGINE_CACHE")
        }
        return inherited | {
            "PORT": str(self.port),
            "SKYCLOCK_DATA": str(self.data),
            "SKYCLOCK_ADMIN_PASSWORD": PASSWORD,
            **self.extra,
        }

    def start(self, *, timeout: float = 240) -> Product:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "start"],
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_for_line("Skyclock is ready", timeout=timeout)
        return self

    def _read(self) -> None:
        assert self.process and self.process.stdout
        for line in self.process.stdout:
            self.output.append(line.rstrip())

    def wait_for_line(self, text: str, *, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for line in list(self.output):
                if text in line:
                    return line
            if self.process and self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"'{text}' was never printed:\n" + "\n".join(self.output[-60:]))

    def stop(self, number: int = signal.SIGTERM, *, timeout: float = 45) -> int:
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout)

    def kill(self, word: str) -> int:
        """SIGKILL to every part with this word in its command line; how many that were."""
        assert self.process
        killed = 0
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if word in process.cmdline():
                    process.kill()
                    killed += 1
            except psutil.Error:
                continue
        return killed

    def manage(self, *arguments: str) -> str:
        """The output of a management command on this product's data and with its Redis."""
        env = self.environment() | {"REDIS_URL": redis_server.url(self.data / "redis")}
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def client(self) -> Client:
        return Client(f"{self.url}/api/v1", self.manage("token", "admin").splitlines()[-1])


@dataclass
class Answer:
    status: int
    body: Any


@dataclass
class Client:
    """The API as a program uses it."""

    url: str
    token: str

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return Answer(answer.status, _parsed(answer.read()))
        except urllib.error.HTTPError as error:
            return Answer(error.code, _parsed(error.read()))

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def post(self, path: str, body: Any = None, *, expect: int | None = None) -> Any:
        answer = self.call("POST", path, body if body is not None else {})
        assert answer.status == expect if expect else answer.status < 300, answer
        return answer.body

    def to_quiet_minute(self) -> None:
        """The sandbox's clock to seven past: the hour at which a test was started must not
        decide whether an hourly schedule fires while it runs."""
        now = datetime.fromisoformat(self.get("/sandbox/clock")["now"])
        seconds = math.ceil(420 - now.minute * 60 - now.second - now.microsecond / 1e6) % 3600
        self.post("/sandbox/clock", {"advance": f"PT{max(1, seconds)}S"})

    def deploy(self, pipeline: int, operation: str = "up", **more: Any) -> dict[str, Any]:
        """Request a deployment and wait for its end."""
        body = {"operation": operation, **more}
        row = self.post(f"/pipelines/{pipeline}/deployments", body, expect=202)
        return self.finished(row["id"])

    def finished(self, deployment: int, *, timeout: float = 120) -> dict[str, Any]:
        final = ("succeeded", "failed", "cancelled", "interrupted")
        return self.until(
            lambda: self.get(f"/deployments/{deployment}"),
            lambda row: row["status"] in final,
            timeout=timeout,
        )

    def until(self, look: Any, good: Any, *, timeout: float = 60) -> Any:
        deadline = time.monotonic() + timeout
        while True:
            seen = look()
            if good(seen):
                return seen
            if time.monotonic() > deadline:
                raise AssertionError(f"gave up; last seen: {json.dumps(seen, indent=1)[:3000]}")
            time.sleep(0.3)


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text.decode(errors="replace")

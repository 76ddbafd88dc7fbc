"""A Redis server of a test's own, the same program that `make run` starts."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis

from dashboard.supervisor import redis_server
from dashboard.supervisor.ports import free


@dataclass
class RedisProcess:
    folder: Path
    port: int = field(default_factory=lambda: free(1)[0])
    url: str = ""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisProcess:
        config, self.url = redis_server.configure(self.folder, self.port)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [redis_server.find(), str(config)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)
        return self

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=30)

    def end(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(60)

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False

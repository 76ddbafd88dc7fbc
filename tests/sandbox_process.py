"""The sandbox as a process of its own, as the product runs it."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dashboard.supervisor.ports import free
from provisioning.clouds import sandbox_credential
from provisioning.contracts import Access, Cloud, SandboxAddress

ROOT = Path(__file__).resolve().parents[1]
ACCOUNT = "111122223333"
REGION = "eu-west-1"
ACCOUNTS = {
    Cloud.AWS: (ACCOUNT, REGION),
    Cloud.AZURE: ("5a4db0c5-0000-4000-8000-000000000001", "westeurope"),
    Cloud.GOOGLE: ("skyclock-sandbox", "europe-west1"),
}
START_SECONDS = 120


@dataclass
class SandboxProcess:
    """Start, stop and kill it; it keeps its folder and its ports.

    A new world begins at the next seven minutes past noon, UTC: whether a daily schedule fires
    within the hours that a test moves the clock on must not depend on the hour at which the test
    is run, nor whether what an hourly one started is over by then on the seconds that passed.
    """

    data: Path
    ports: list[int] = field(default_factory=lambda: free(5))
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> SandboxAddress:
        aws, azure, google, provider, control = self.ports
        return SandboxAddress(
            control_url=f"http://127.0.0.1:{control}",
            aws_url=f"http://127.0.0.1:{aws}",
            azure_url=f"http://127.0.0.1:{azure}",
            google_url=f"http://127.0.0.1:{google}",
            provider=f"127.0.0.1:{provider}",
        )

    @property
    def output(self) -> Path:
        return self.data.with_name(f"{self.data.name}.log")

    def start(self) -> SandboxProcess:
        new = not self.data.exists() or not any(self.data.iterdir())
        names = (
            "--aws-port", "--azure-port", "--google-port", "--provider-port", "--control-port",
        )  # fmt: skip
        ports = [word for name, port in zip(names, self.ports, strict=True)
                 for word in (name, str(port))]  # fmt: skip
        argv = [sys.executable, "-m", "provisioning.sandbox", "--data", str(self.data), *ports]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(argv, cwd=ROOT, stdout=output, stderr=output)
        deadline = time.monotonic() + START_SECONDS
        while not self._healthy():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.1)
        if new:
            self.control("/clock", {"advance": f"PT{_seconds_to_begin()}S"})
        return self

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process:
            self.process.send_signal(number)
            self.process.wait(60)

    def access(self, account: str = "", *, cloud: Cloud = Cloud.AWS) -> Access:
        """What a sandbox Connection to this account gives."""
        usual, region = ACCOUNTS[cloud]
        account = account or usual
        return Access(
            cloud=cloud, region=region, account=account,
            credential=sandbox_credential(cloud, account), sandbox=self.address,
        )  # fmt: skip

    def control(
        self, path: str, body: dict[str, Any] | None = None, *, method: str | None = None
    ) -> dict[str, Any]:
        """Ask the control address, e.g. `control("/clock", {"advance": "PT2H"})`."""
        request = urllib.request.Request(
            self.address.control_url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            read: dict[str, Any] = json.load(answer)
            return read

    def _healthy(self) -> bool:
        try:
            return bool(self.control("/health"))
        except OSError:
            return False


def _seconds_to_begin() -> int:
    now = datetime.now(UTC)
    begin = now.replace(hour=12, minute=7, second=0, microsecond=0)
    return math.ceil((begin - now) / timedelta(seconds=1)) % 86_400

"""Workers that can be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from provisioning.contracts import OperationRequest
from provisioning.operations.forking import ROOT

PROGRAM = """
import sys, time
from provisioning.contracts import OperationRequest
from provisioning.operations import running
running.MODULE = "tests.provisioning.operations.tiny_process"
request = OperationRequest.model_validate_json(sys.stdin.read())
operation = running.start(request)
time.sleep(60)
"""


def worker_of(request: OperationRequest, folder: Path) -> subprocess.Popen[bytes]:
    """A process that starts the operation and then waits."""
    written = folder / "request.json"
    written.write_text(request.model_dump_json())
    with written.open() as asked:
        return subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=ROOT, stdin=asked)

"""The process of one operation: `python -m provisioning.operations` with a request on stdin."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import closing
from pathlib import Path
from threading import Thread

from pydantic import ValidationError

from provisioning.contracts import OperationRequest
from provisioning.engine.process import Cancellation
from provisioning.masking import Masker
from provisioning.operations.execute import Execution
from provisioning.operations.spool import Spool

PARENT_SECONDS = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parent", type=int, help="cancel when this process is gone")
    parent: int | None = parser.parse_args().parent
    os.umask(0o077)
    cancellation = Cancellation()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: cancellation.request())
    try:
        request = OperationRequest.model_validate_json(sys.stdin.buffer.read())
    except ValidationError as error:
        print(_without_values(error), file=sys.stderr)
        return 2
    if parent:
        Thread(target=_watch, args=(parent, cancellation), daemon=True).start()
    masker = Masker(request.secrets())
    with closing(Spool(Path(request.spool), masker)) as spool:
        spool.write(Execution(request, spool.write, cancellation).outcome())
    return 0


def _watch(parent: int, cancellation: Cancellation) -> None:
    """A worker that was killed asks nobody to stop; its operation must not go on unseen."""
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    cancellation.request()


def _without_values(error: ValidationError) -> str:
    """pydantic's own text has the input in it, and the input has secrets in it."""
    wrong = ", ".join(".".join(map(str, each["loc"])) or "all" for each in error.errors())
    return f"This is not an operation's request; wrong are: {wrong}"


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # All is written. Tearing gRPC's threads down would take half a second more.
    os._exit(code)

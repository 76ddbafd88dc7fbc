"""The process of one operation, or the fork server from which such processes come.

`python -m provisioning.operations` gets one request over standard input. With `--serve SOCKET`
it is the fork server of the worker that started it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

from pydantic import ValidationError

from provisioning.contracts import OperationRequest
from provisioning.engine.process import Cancellation
from provisioning.masking import Masker
from provisioning.operations.execute import Execution
from provisioning.operations.serving import ASKED_TO_STOP, AT_ONCE, Server
from provisioning.operations.spool import Spool
from provisioning.operations.warming import warm

NOT_WANTED = 3  # an exit code: nothing was asked for, and nothing was done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=int, help="a pipe: when it hangs up, cancel")
    parser.add_argument("--serve", type=int, help="a socket: fork what is asked for there")
    parser.add_argument("--deployment", type=int, help="for people who look at process lists")
    arguments = parser.parse_args()
    worker: int | None = arguments.worker
    os.umask(0o077)
    if arguments.serve is None:
        return perform(sys.stdin.buffer.read, worker)
    if worker is None:
        parser.error("--serve needs --worker")
    born = Server(arguments.serve, worker, warm).serve()
    return perform(born.receive, worker) if born else 0


def perform(receive: Callable[[], bytes], worker: int | None) -> int:
    cancellation = Cancellation()
    for number in ASKED_TO_STOP:
        signal.signal(number, lambda *_: cancellation.request())
    signal.signal(AT_ONCE, lambda *_: cancellation.stop_at_once())
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    received = receive()
    if not received:
        return NOT_WANTED
    try:
        request = OperationRequest.model_validate_json(received)
    except ValidationError as error:
        print(_without_values(error), file=sys.stderr)
        return 2
    if worker is not None:
        Thread(target=_watch, args=(worker, cancellation), daemon=True).start()
    masker = Masker(request.secrets())
    with closing(Spool(Path(request.spool), masker)) as spool:
        spool.write(Execution(request, spool.write, cancellation, hide=masker.add).outcome())
    return 0


def _watch(worker: int, cancellation: Cancellation) -> None:
    """A worker that was killed asks nobody to stop; its operation must not go on unseen."""
    os.read(worker, 1)  # nothing is ever written there
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

"""Preview an empty stack with an engine: `python -m provisioning.engine.trial ROOT VERSION`.

A program of its own, because the Automation API keeps state within a process, and because
importing it costs more than all else here.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from provisioning.contracts import EngineCommand, Operation
from provisioning.engine import stacks
from provisioning.engine.backend import Backend
from provisioning.engine.process import Cancellation
from provisioning.errors import SkyclockError


def preview_nothing(engine: EngineCommand, folder: Path) -> str:
    """ "" when all went well, else why not."""
    job = stacks.Job(
        engine=engine,
        backend=Backend(
            state_dir=folder / "state",
            work_dir=folder / "work",
            project="skyclock-trial",
            stack="empty",
            passphrase=secrets.token_urlsafe(24),
        ),
        program=lambda: None,
        variables={},
        config={},
        emit=lambda told: None,
        cancellation=Cancellation(),
        find=lambda pending: None,
    )
    result = stacks.run(job, Operation.PREVIEW)
    if result.succeeded:
        return ""
    said = [failure.message for failure in result.failures]
    return result.refusal or " ".join(said) or "it ended with an error"


def main() -> int:
    root, version = sys.argv[1:3]
    engine = EngineCommand(root=root, version=version, origin="cache")
    with TemporaryDirectory(prefix="skyclock-trial-") as folder:
        try:
            wrong = preview_nothing(engine, Path(folder))
        except (SkyclockError, OSError) as error:
            wrong = str(error)
    if wrong:
        print(wrong.replace("\n", " "), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Tearing gRPC's threads down would take half a second more.
    os._exit(code)

"""An engine is tried before it is used: it previews an empty stack, far from all others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from provisioning.contracts import EngineCommand
from provisioning.engine.environment import clean_environment
from provisioning.errors import EngineError

TRIAL_SECONDS = 180


def try_out(engine: EngineCommand) -> None:
    """Raises EngineError with a sentence when it does not work."""
    argv = [sys.executable, "-m", "provisioning.engine.trial", engine.root, engine.version]
    env = clean_environment("PYTHONPATH", "VIRTUAL_ENV") | {"GRPC_VERBOSITY": "NONE"}
    try:
        answer = subprocess.run(
            argv, env=env, cwd=Path(__file__).parents[2], timeout=TRIAL_SECONDS,
            capture_output=True, text=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise EngineError(
            f"Pulumi {engine.version} did not come to the end of a preview of nothing."
        ) from None
    if answer.returncode != 0:
        words = answer.stderr.strip().splitlines()
        why = words[-1] if words else "it gave no reason"
        raise EngineError(f"Pulumi {engine.version} could not preview an empty stack: {why}")

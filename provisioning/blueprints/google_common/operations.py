"""Google's long-running operations, waited for."""

from __future__ import annotations

import time
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.errors import CloudAway, CloudError

PATIENCE_SECONDS = 120.0
FIRST_LOOK, LONGEST_LOOK = 0.1, 2.0


def wait(session: Session, api: str, call: Any, operation: str) -> dict[str, Any]:
    """Make the call, which answers with an operation, and return when it is done."""
    with cloud_errors(operation):
        state: dict[str, Any] = call.execute()
    until, pause = time.monotonic() + PATIENCE_SECONDS, FIRST_LOOK
    operations = session.client(api).projects().locations().operations()
    while not state.get("done"):
        if time.monotonic() > until:
            raise CloudAway(f"Google takes long to {operation}.", operation=operation)
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_LOOK)
        with cloud_errors(operation):
            state = operations.get(name=state["name"]).execute()
    if error := state.get("error"):
        message = str(error.get("message", "Google gave no reason."))
        raise CloudError(message, code=str(error.get("code", "")), operation=operation)
    return dict(state.get("response", {}))

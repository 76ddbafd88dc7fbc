"""The words of the event log, shared by what writes it and what reads it."""

from __future__ import annotations

import re
from hashlib import sha256

SOURCE = "skyclock.training"

FIRED = "schedule.fired"  # what a schedule puts on the bus
REQUESTED = "training.requested"
REFUSED = "training.refused"  # SageMaker would not take the job
STARTED = "training.started"
SUCCEEDED = "training.succeeded"
FAILED = "training.failed"
STOPPED = "training.stopped"
REGISTERED = "model.registered"

MODELS = "models/"  # where in the own bucket jobs write

_AGAIN = re.compile(r"-again-[0-9a-f]{12}$")
_DIGEST = r"[0-9a-f]{12}"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def job_name(root: str, cause: str, again: str = "") -> str:
    """Of the one job that a cause leads to: whoever asks twice gets the same name, so that
    SageMaker takes only the first. `again` is the replay that asks for it once more."""
    return f"{root}-{digest(f'{cause} {again}' if again else cause)}"


def is_job(root: str, name: str) -> bool:
    """Names of another Pipeline may begin with ours."""
    return bool(re.fullmatch(rf"{re.escape(root)}-{_DIGEST}", name))


def replay_name(root: str, token: str, *, again: bool) -> str:
    """At most 64 characters. It tells the handler whether to do again what was done."""
    return f"{root[:44]}-{'again' if again else 'once'}-{digest(token)}"


def again_of(replay: str) -> str:
    """The replay's name where it asks to do again what was done, else nothing."""
    return replay if _AGAIN.search(replay) else ""

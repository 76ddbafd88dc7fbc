"""Logs of runs and their steps. They stay in the cloud, which is asked when somebody looks."""

from __future__ import annotations

from hashlib import sha256

from dashboard.models import Run
from dashboard.services import asking
from dashboard.services.entering import enter
from provisioning.contracts import Level, LogPage

WHILE_RUNNING = 3.0  # seconds for which a page is good
AFTER = 60.0


def read(run: Run, step: str = "", *, cursor: str | None = None) -> LogPage:
    """A page of the log of one step, or of the run itself; oldest line first.

    `cursor` None begins at the beginning. Raises what the cloud says, NotPossible where what is
    deployed has no logs to show.
    """
    entered = enter(run.pipeline, Level.OBSERVE)
    reader = entered.reader()
    return asking.remembered(
        _key(run, step, cursor),
        LogPage,
        lambda: asking.within(lambda: reader.log(run.cloud_id, step, cursor=cursor)),
        seconds=AFTER if run.complete else WHILE_RUNNING,
    )


def _key(run: Run, step: str, cursor: str | None) -> str:
    place = sha256(f"{step}\0{cursor or ''}".encode()).hexdigest()
    return f"log:{run.pk}:{run.status}:{place}"

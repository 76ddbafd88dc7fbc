"""The sandbox as pages and people meet it: its clock, what fired, and what is to go wrong."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings

from dashboard import audit
from dashboard.models import Pipeline, User
from dashboard.services import clock, history, maintaining
from provisioning.clouds import sandbox_clock, sandbox_control
from provisioning.clouds.sandbox_clock import Reading
from provisioning.contracts import JournalEntry, SandboxFault
from provisioning.errors import InvalidInput, NotPossible, SkyclockError

log = logging.getLogger(__name__)

SHORTEST, FARTHEST = timedelta(seconds=1), timedelta(days=366)
FASTEST = 3600


def now() -> datetime | None:
    """The sandbox's time as the rows know it, without asking; None when there is no sandbox."""
    return clock.sandbox_now() if settings.SANDBOX_CONTROL_URL else None


def look() -> Reading | None:
    """Ask the sandbox's clock, and keep in the rows how far it is ahead, and how fast it goes."""
    if not settings.SANDBOX_CONTROL_URL:
        return None
    return _kept(sandbox_clock.look(settings.SANDBOX_CONTROL_URL))


def advance(*, actor: User, delta: timedelta) -> Reading:
    """Fast-forward. Returns the new time once all that was due has happened and is known."""
    control = _control()
    if not SHORTEST <= delta <= FARTHEST:
        raise InvalidInput.at("advance", "The clock goes forward only, by a year at most a time.")
    reading = _forward(control, delta)
    detail = {"by": str(delta)}
    audit.record(actor=actor, action="sandbox.advance", subject="sandbox", detail=detail)
    _pull_all()
    return reading


def _forward(control: str, delta: timedelta) -> Reading:
    """In one go, but for the times at which a Maintenance begins or ends: it does so there, as it
    would under a clock that runs."""
    reading = _kept(sandbox_clock.look(control))
    target = reading.now + delta
    while coming := maintaining.moments(reading.now, target):
        reading = _kept(sandbox_clock.advance(control, coming[0] - reading.now + SHORTEST))
        maintaining.settle()
    rest = target - reading.now
    return _kept(sandbox_clock.advance(control, rest)) if rest >= SHORTEST else reading


def run_at(*, actor: User, speed: float) -> Reading:
    """Have the clock run faster, or at the speed of real time again."""
    control = _control()
    if not 1 <= speed <= FASTEST:
        raise InvalidInput.at("speed", f"The clock runs at a speed from 1 to {FASTEST}.")
    reading = _kept(sandbox_clock.run_at(control, speed))
    detail = {"speed": speed}
    audit.record(actor=actor, action="sandbox.speed", subject="sandbox", detail=detail)
    return reading


def journal(*, after: int = 0, most: int = 200) -> tuple[JournalEntry, ...]:
    """What fired in the simulated clouds and what came of it, oldest first."""
    return sandbox_control.journal(_control(), after=after, most=most)


def faults() -> tuple[SandboxFault, ...]:
    return sandbox_control.faults(_control())


def add_fault(*, actor: User, fault: SandboxFault) -> SandboxFault:
    added = sandbox_control.add_fault(_control(), fault)
    detail = added.model_dump(mode="json", exclude_defaults=True)
    audit.record(actor=actor, action="sandbox.fault", subject="sandbox", detail=detail)
    return added


def remove_fault(*, actor: User, id: str) -> None:
    sandbox_control.remove_fault(_control(), id)
    detail = {"id": id}
    audit.record(actor=actor, action="sandbox.fault.remove", subject="sandbox", detail=detail)


def require_sandbox(pipeline: Pipeline) -> None:
    """Samples under the sandbox's own address never reach a real account."""
    if not pipeline.connection.sandbox:
        raise NotPossible(f"{pipeline.name} is on a real account, not on the sandbox.")


def _control() -> str:
    if not settings.SANDBOX_CONTROL_URL:
        raise NotPossible("No sandbox runs here.")
    return str(settings.SANDBOX_CONTROL_URL)


def _kept(reading: Reading) -> Reading:
    clock.keep(reading.now, speed=reading.speed)
    return reading


def _pull_all() -> None:
    for pipeline in Pipeline.objects.filter(connection__sandbox=True, may_exist_in_cloud=True):
        try:
            history.sync(pipeline, verify=True, whole=True)
        except SkyclockError as error:  # it stands on the Pipeline's own page
            log.warning("The history of %s could not be pulled: %s", pipeline.name, error)

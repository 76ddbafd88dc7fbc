"""The sandbox's clock, as pages and people meet it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from dashboard import audit
from dashboard.models import Pipeline, User
from dashboard.services import clock, history
from provisioning.clouds import sandbox_clock
from provisioning.errors import InvalidInput, NotPossible, SkyclockError

log = logging.getLogger(__name__)

SHORTEST, FARTHEST = timedelta(seconds=1), timedelta(days=366)


def now() -> datetime | None:
    """The sandbox's time as the rows know it, without asking; None when there is no sandbox."""
    return timezone.now() + clock.sandbox_ahead() if settings.SANDBOX_CONTROL_URL else None


def look() -> datetime | None:
    """Ask the sandbox's clock, and keep in the rows how far it is ahead."""
    if not settings.SANDBOX_CONTROL_URL:
        return None
    moment = sandbox_clock.read(settings.SANDBOX_CONTROL_URL)
    clock.keep(moment)
    return moment


def advance(*, actor: User, delta: timedelta) -> datetime:
    """Fast-forward. Returns the new time once all that was due has happened and is known."""
    if not settings.SANDBOX_CONTROL_URL:
        raise NotPossible("No sandbox runs here.")
    if not SHORTEST <= delta <= FARTHEST:
        raise InvalidInput.at("advance", "The clock goes forward only, by a year at most a time.")
    moment = sandbox_clock.advance(settings.SANDBOX_CONTROL_URL, delta)
    clock.keep(moment)
    detail = {"by": str(delta)}
    audit.record(actor=actor, action="sandbox.advance", subject="sandbox", detail=detail)
    _pull_all()
    return moment


def _pull_all() -> None:
    for pipeline in Pipeline.objects.filter(connection__sandbox=True, may_exist_in_cloud=True):
        try:
            history.sync(pipeline, verify=True)
        except SkyclockError as error:  # it stands on the Pipeline's own page
            log.warning("The history of %s could not be pulled: %s", pipeline.name, error)

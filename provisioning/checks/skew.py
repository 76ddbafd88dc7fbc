"""How far this machine's clock is off, by the Date that the cloud puts on any answer.

Nobody signs in for it: a wrong clock is a reason not to be let in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from provisioning import clouds
from provisioning.checks.answers import failed, passed
from provisioning.contracts import Access, Check

SAID = timedelta(minutes=1)
# AWS refuses what is signed more than five minutes off; tokens of the others start to fail.
TOO_FAR = timedelta(minutes=5)


class CloudClock:
    def __init__(self, access: Access, now: Callable[[], datetime] | None = None) -> None:
        self._access = access
        self._now = now or (lambda: datetime.now(UTC))

    def ahead(self) -> timedelta:
        """How far this machine is ahead of the cloud; the cloud tells whole seconds only."""
        before = self._now()
        told = parsedate_to_datetime(clouds.date_of(self._access))
        after = self._now()
        return before + (after - before) / 2 - told


def judged(ahead: timedelta) -> Check:
    off = abs(ahead)
    which = "ahead of" if ahead > timedelta(0) else "behind"
    said = f"This machine's clock is {_in_words(off)} {which} the cloud's."
    if off > TOO_FAR:
        return failed("clock", f"{said} Set it right: the cloud refuses signatures this far off.")
    if off > SAID:
        return passed("clock", f"{said} From 5 minutes on the cloud would refuse signatures.")
    return passed("clock", "This machine's clock agrees with the cloud's.")


def _in_words(off: timedelta) -> str:
    seconds = round(off.total_seconds())
    if seconds >= 3600:
        hours, minutes = divmod(round(seconds / 60), 60)
        return f"{hours} h {minutes} min"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"

"""One test: the checks in the order in which a person would ask, each with a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from queue import Empty, Queue
from threading import Thread
from typing import Any, TypeVar

from provisioning import clouds
from provisioning.checks.answers import Examiner, Who, failed, passed, unknown
from provisioning.checks.declared import needs
from provisioning.checks.skew import CloudClock, judged
from provisioning.contracts import Access, Check, Cloud, Level
from provisioning.errors import CloudError, SkyclockError

SECONDS = 10.0  # of one check
LONGEST = 45.0  # seconds of them all; a cloud that hangs in each does not take longer

EXAMINERS: dict[Cloud, str] = {
    Cloud.AWS: "provisioning.checks.aws",
    Cloud.AZURE: "provisioning.checks.azure",
    Cloud.GOOGLE: "provisioning.checks.google",
}
READING = ("identity", "clock", "region", "list", "read_runs")
BY_LEVEL: dict[Level, tuple[str, ...]] = {
    Level.OBSERVE: READING,
    Level.RUN: (*READING, "start"),
    Level.DEPLOY: (*READING, "start", "deploy"),
}

Emit = Callable[[Check], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Report:
    checks: tuple[Check, ...]
    account: str = ""  # as the cloud said, "" where it did not


def names(level: Level) -> tuple[str, ...]:
    """The checks of a Connection of this level, in their order."""
    return BY_LEVEL[level]


def run(
    access: Access,
    level: Level,
    *,
    expected_account: str = "",
    emit: Emit = lambda check: None,
    seconds: float = SECONDS,
    now: Callable[[], datetime] | None = None,
) -> Report:
    """Try the Connection out. `emit` is called with each check as soon as it is done; what it
    raises ends the test. Empty, `expected_account` is what was typed into the credential."""
    test = _Test(access, level, emit, seconds)
    who = test.identity(expected_account or _typed(access))
    test.clock(now)
    if test.examiner:
        test.permissions(test.examiner)
    else:
        test.skip_the_rest()
    return Report(checks=tuple(test.done), account=who.account if who else "")


@dataclass
class _Test:
    access: Access
    level: Level
    emit: Emit
    seconds: float
    done: list[Check] = field(default_factory=list)
    examiner: Examiner | None = None  # once the cloud has let us in, where we are expected
    started: float = field(default_factory=time.monotonic)

    def identity(self, expected: str) -> Who | None:
        # Not within the time limit: loading an SDK for the first time takes seconds.
        module: Any = import_module(EXAMINERS[self.access.cloud])
        try:
            examiner, who = self.within(lambda: self._entered(module))
        except SkyclockError as error:
            self.say(_refused("identity", error))
            return None
        if expected and who.account != expected:
            message = f"This credential opens account {who.account}, not {expected}."
            self.say(failed("identity", f"{message} The cloud calls it {who.name}."))
            return who
        self.examiner = examiner
        match = ", as expected" if expected else ""
        self.say(passed("identity", f"{who.name} in account {who.account}{match}."))
        return who

    def clock(self, now: Callable[[], datetime] | None) -> None:
        """Also where nobody was let in: a wrong clock is a reason to refuse signatures."""
        clock = CloudClock(self.access, now)
        try:
            ahead = self.within(clock.ahead, limit=5.0)
        except SkyclockError as error:
            self.say(_refused("clock", error))
        else:
            self.say(judged(ahead))

    def permissions(self, examiner: Examiner) -> None:
        needed = needs(self.access.cloud)
        questions: dict[str, Callable[[], Check]] = {
            "region": examiner.region,
            "list": examiner.listing,
            "read_runs": lambda: examiner.read_runs(needed.observe),
            "start": lambda: examiner.start(needed.run),
            "deploy": lambda: examiner.deploy(needed.deploy),
        }
        for name in names(self.level)[2:]:
            self.ask(name, questions[name])

    def ask(self, name: str, question: Callable[[], Check]) -> None:
        try:
            self.say(self.within(question))
        except SkyclockError as error:
            self.say(_refused(name, error))

    def skip_the_rest(self) -> None:
        first = self.done[0]
        why = "did not answer" if first.result == "unknown" else "failed"
        for name in names(self.level)[2:]:
            self.say(unknown(name, f"Not asked, because the check of identity {why}."))

    def say(self, check: Check) -> None:
        self.done.append(check)
        self.emit(check)

    def within(self, ask: Callable[[], T], *, limit: float | None = None) -> T:
        left = LONGEST - (time.monotonic() - self.started)
        return within(ask, max(min(limit or self.seconds, self.seconds, left), 0.1))

    def _entered(self, module: Any) -> tuple[Examiner, Who]:
        entered = clouds.enter(self.access)
        examiner: Examiner = module.examiner(self.access, clouds.open_session(entered))
        return examiner, examiner.whoami()


class Late(SkyclockError):
    """The cloud did not answer in time."""

    permanent = False


def within(ask: Callable[[], T], seconds: float) -> T:
    """The answer, or Late. The thread of a question that hangs is left to the time limits of the
    cloud's SDK; it holds up nobody, not even the end of the process."""
    answers: Queue[tuple[bool, Any]] = Queue(maxsize=1)

    def work() -> None:
        try:
            answers.put((True, ask()))
        except BaseException as error:
            answers.put((False, error))

    Thread(target=work, name="connection-check", daemon=True).start()
    try:
        came, value = answers.get(timeout=seconds)
    except Empty:
        raise Late(f"The cloud did not answer within {seconds:.0f} seconds.") from None
    if came:
        answer: T = value
        return answer
    raise value


def _refused(name: str, error: SkyclockError) -> Check:
    """Red where the cloud said no; grey where it said nothing."""
    if isinstance(error, CloudError) and error.permanent and name != "identity":
        return unknown(name, f"The cloud could not be asked: {error}")
    return failed(name, str(error)) if error.permanent else unknown(name, str(error))


def _typed(access: Access) -> str:
    """The account that was typed in, where it is part of the credential."""
    credential = access.credential
    role = credential.reveal("role_arn") or ""
    parts = role.split(":")
    typed = credential.reveal("subscription_id") or credential.reveal("project") or ""
    return parts[4] if len(parts) > 4 else typed

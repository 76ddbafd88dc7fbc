"""Fires schedules when their time has come, and tries again when a target refuses."""

from __future__ import annotations

import logging
import random
import uuid

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.scheduler.dead_letters import DeadLetters
from provisioning.sandbox.aws.scheduler.records import Delivery, Schedule
from provisioning.sandbox.aws.scheduler.targets import invoke
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.targets.room import Targets
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.clock import to_datetime
from provisioning.sandbox.journal import Outcome
from provisioning.sandbox.records import Table

log = logging.getLogger(__name__)

# Real clouds never were down, so firings of a downtime happen; but not of a whole summer.
LONGEST_CATCH_UP = 7 * 86_400
_FIRST_DELAY, _LONGEST_DELAY = 5.0, 480.0


class Firing:
    def __init__(self, world: World, targets: Targets) -> None:
        self.schedules = Table(world.store, kind="schedule", record=Schedule)
        self._deliveries = Table(world.store, kind="delivery", record=Delivery)
        self._clock = world.clock
        self._simulation = world.simulation
        self._faults = world.faults
        self._journal = world.journal
        self.targets = targets
        self._dead_letters = DeadLetters(world.moto)
        self._simulation.handle("schedule", self._fire)
        self._simulation.handle("delivery", self._deliver)
        self._resume()

    def plan(self, schedule: Schedule) -> bool:
        """Store the schedule and announce when it fires next; False when it never does."""
        schedule.due = schedule.next_due()
        self.schedules.put(schedule)
        self._announce(schedule)
        return schedule.due is not None

    def forget(self, schedule: Schedule) -> None:
        """The schedule was deleted: nothing of it is tried again."""
        self.schedules.delete(schedule.key)
        for delivery in self._deliveries:
            if delivery.schedule == schedule.key:
                self._deliveries.delete(delivery.key)

    def _announce(self, schedule: Schedule) -> None:
        if schedule.due is not None:
            self._simulation.announce(at=schedule.due, kind="schedule", key=schedule.key)

    def _resume(self) -> None:
        earliest = self._clock.read() - LONGEST_CATCH_UP
        for schedule in self.schedules:
            if schedule.due is not None and schedule.due < earliest:
                log.warning(
                    "%s: firings before %s are left out, the sandbox was down for too long",
                    schedule.arn,
                    to_datetime(earliest).isoformat(),
                )
                schedule.done_until = earliest
                self.plan(schedule)
            else:
                self._announce(schedule)
        for delivery in self._deliveries:
            self._simulation.announce(at=delivery.due, kind="delivery", key=delivery.key)

    def _fire(self, key: str, time: float) -> None:
        schedule = self.schedules.get(key)
        if schedule is None or schedule.due != time:
            return
        execution = uuid.uuid4().hex[:16]
        delivery = Delivery(
            schedule=key,
            schedule_arn=schedule.arn,
            target=schedule.request["Target"],
            execution=execution,
            scheduled=time,
            due=time + _moment_within_window(schedule, execution),
        )
        schedule.done_until = time
        fires_again = self.plan(schedule)
        if not fires_again and schedule.request["ActionAfterCompletion"] == "DELETE":
            self.schedules.delete(key)
        if self._dropped(delivery, schedule.name):
            return
        if delay := self._faults.take("delay", "aws", schedule.name):
            delivery.due += delay.seconds
        if delivery.due > time:
            self._wait(delivery)
        else:
            self._attempt(delivery)

    def _dropped(self, delivery: Delivery, name: str) -> bool:
        fault = self._faults.take("drop_firing", "aws", name)
        if fault:
            self._note(delivery, "dropped", fault.why_dropped)
        return fault is not None

    def _note(self, delivery: Delivery, outcome: Outcome, reason: str = "") -> None:
        self._journal.note(
            "aws", delivery.path, outcome, target=delivery.target["Arn"], reason=reason
        )

    def _deliver(self, key: str, time: float) -> None:
        delivery = self._deliveries.get(key)
        if delivery is not None and delivery.due == time:
            self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        try:
            invoke(self.targets, delivery)
        except AwsError as error:
            self._failed(delivery, error)
        else:
            self._deliveries.delete(delivery.key)
            self._note(delivery, "delivered")

    def _failed(self, delivery: Delivery, error: AwsError) -> None:
        log.debug("%s did not reach its target: %s", delivery.schedule_arn, error)
        delay = min(_FIRST_DELAY * 2.0**delivery.attempts, _LONGEST_DELAY)
        delivery.attempts += 1
        delivery.due = self._clock.now() + delay
        if delivery.attempts > delivery.retries_allowed:
            self._give_up(delivery, error, exhausted="MaximumRetryAttempts")
        elif delivery.due > delivery.ends:
            self._give_up(delivery, error, exhausted="MaximumEventAgeInSeconds")
        else:
            if delivery.attempts == 1:  # that every further one is refused is no news
                self._note(delivery, "refused", f"{_said(error)} It is tried again.")
            self._wait(delivery)

    def _wait(self, delivery: Delivery) -> None:
        self._deliveries.put(delivery)
        self._simulation.announce(at=delivery.due, kind="delivery", key=delivery.key)

    def _give_up(self, delivery: Delivery, error: AwsError, *, exhausted: str) -> None:
        self._deliveries.delete(delivery.key)
        self._dead_letters.send(delivery, error, exhausted=exhausted)
        attempts = f"{delivery.attempts} attempt{'s' if delivery.attempts > 1 else ''}"
        self._note(delivery, "refused", f"{_said(error)} Given up after {attempts}: {exhausted}.")


def _said(error: AwsError) -> str:
    return f"{error.code}: {error.message.rstrip('.')}."


def _moment_within_window(schedule: Schedule, execution: str) -> float:
    minutes = schedule.request["FlexibleTimeWindow"].get("MaximumWindowInMinutes") or 0
    place = Place(schedule.account, schedule.region)
    chance = random.Random(f"{place}{schedule.arn}{execution}")  # noqa: S311
    return round(chance.uniform(0, 60 * minutes), 3)

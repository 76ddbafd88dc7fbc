"""Brings events to the targets of rules: at once, again when that fails, or put aside.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.events.inputs import at_path, given_to
from provisioning.sandbox.aws.events.records import Delivery, Rule
from provisioning.sandbox.aws.messages import queue_lets_send, send_message
from provisioning.sandbox.aws.roles import Session, can_assume
from provisioning.sandbox.aws.targets.room import TargetCall, Targets, denied
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.journal import Outcome
from provisioning.sandbox.records import Table

log = logging.getLogger(__name__)

PRINCIPAL = "events.amazonaws.com"
_FIRST_DELAY, _LONGEST_DELAY = 5.0, 480.0
# Trying again would not help: by the code of the target, what the dead letter says.
_FINAL = {
    "AccessDenied": "NO_PERMISSIONS",
    "AccessDeniedException": "NO_PERMISSIONS",
    "AWS.SimpleQueueService.NonExistentQueue": "NO_RESOURCE",
    "ResourceNotFound": "NO_RESOURCE",
    "ResourceNotFoundException": "NO_RESOURCE",
    "StateMachineDoesNotExist": "NO_RESOURCE",
    "ValidationException": "SDK_CLIENT_ERROR",
}


class Deliveries:
    def __init__(self, world: World, targets: Targets, rules: Table[Rule]) -> None:
        self._world = world
        self._targets = targets
        self._rules = rules
        self._waiting = Table(world.store, kind="event_delivery", record=Delivery)
        world.simulation.handle("event_delivery", self._due)
        for delivery in self._waiting:
            self._announce(delivery)

    def deliver(self, rule: Rule, event: Mapping[str, Any]) -> None:
        """To every target of a rule that the event has matched."""
        now = self._world.clock.now()
        if fault := self._world.faults.take("drop_firing", "aws", rule.name):
            self.note(rule, event, "dropped", reason=fault.why_dropped)
            return
        fault = self._world.faults.take("delay", "aws", rule.name)
        for target in rule.targets:
            delivery = Delivery(
                id=str(uuid.uuid4()),
                rule=rule.key,
                target=target,
                event=dict(event),
                accepted=now,
                due=now + (fault.seconds if fault else 0.0),
            )
            if fault:
                self._wait(delivery)
            else:
                self._attempt(delivery, rule)
        if not rule.targets:
            self.note(rule, event, "ignored", reason="The rule has no target.")

    def note(
        self,
        rule: Rule,
        event: Mapping[str, Any],
        outcome: Outcome,
        *,
        target: str = "",
        reason: str = "",
    ) -> None:
        self._world.journal.note(
            "aws", label(event, rule), outcome, target=target or rule.arn, reason=reason
        )

    def _due(self, key: str, time: float) -> None:
        delivery = self._waiting.get(key)
        if delivery is None or delivery.due != time:
            return
        rule = self._rules.get(delivery.rule)
        if rule is None:  # it was deleted, and what waited for it with it
            self._waiting.delete(key)
        else:
            self._attempt(delivery, rule)

    def _attempt(self, delivery: Delivery, rule: Rule) -> None:
        try:
            self._targets.call(self._call(delivery, rule))
        except AwsError as error:
            self._failed(delivery, rule, error)
        else:
            self._waiting.delete(delivery.key)
            self.note(rule, delivery.event, "delivered", target=delivery.target["Arn"])

    def _call(self, delivery: Delivery, rule: Rule) -> TargetCall:
        return TargetCall(
            place=rule.place,
            principal=PRINCIPAL,
            source_arn=rule.arn,
            label=label(delivery.event, rule),
            target=_filled(delivery.target, delivery.event),
            session=_assumed(rule, delivery),
            input=given_to(delivery.target, delivery.event, rule.arn),
            token=delivery.id,
        )

    def _failed(self, delivery: Delivery, rule: Rule, error: AwsError) -> None:
        delivery.attempts += 1
        delay = min(_FIRST_DELAY * 2.0 ** (delivery.attempts - 1), _LONGEST_DELAY)
        delivery.due = self._world.clock.now() + delay
        if error.code in _FINAL:
            self._give_up(delivery, rule, error, exhausted="")
        elif delivery.attempts > delivery.retries_allowed:
            self._give_up(delivery, rule, error, exhausted="MaximumRetryAttempts")
        elif delivery.due > delivery.ends:
            self._give_up(delivery, rule, error, exhausted="MaximumEventAgeInSeconds")
        else:
            if delivery.attempts == 1:  # that every further one is refused is no news
                reason = f"{_said(error)} It is tried again."
                target = delivery.target["Arn"]
                self.note(rule, delivery.event, "refused", target=target, reason=reason)
            self._wait(delivery)

    def _wait(self, delivery: Delivery) -> None:
        self._waiting.put(delivery)
        self._announce(delivery)

    def _announce(self, delivery: Delivery) -> None:
        self._world.simulation.announce(at=delivery.due, kind="event_delivery", key=delivery.key)

    def _give_up(self, delivery: Delivery, rule: Rule, error: AwsError, *, exhausted: str) -> None:
        self._waiting.delete(delivery.key)
        reason = _said(error)
        if exhausted:
            times = f"{delivery.attempts} attempt{'s' if delivery.attempts > 1 else ''}"
            reason += f" Given up after {times}: {exhausted}."
        target = delivery.target["Arn"]
        self.note(rule, delivery.event, "refused", target=target, reason=reason)
        self._put_aside(delivery, rule, error, exhausted)

    def _put_aside(self, delivery: Delivery, rule: Rule, error: AwsError, exhausted: str) -> None:
        queue = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
        context = {"aws:SourceArn": rule.arn, "aws:SourceAccount": rule.account}
        if not queue or not queue_lets_send(queue, service=PRINCIPAL, context=context):
            # As on AWS: what cannot be put into a queue is gone.
            log.warning("%s: an event is lost: %s", rule.arn, error)
            return
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": delivery.target["Arn"],
            "ERROR_CODE": _FINAL.get(error.code, error.code),
            "ERROR_MESSAGE": error.message or "-",
            "RETRY_ATTEMPTS": str(delivery.attempts - 1),
            **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {}),
        }
        body = given_to(delivery.target, delivery.event, rule.arn)
        send_message(self._world.moto, queue, body, attributes)


def label(event: Mapping[str, Any], rule: Rule) -> str:
    """An event and the rule that it met, for people."""
    return f"rule/{rule.bus}/{rule.name}: {event.get('source')} {event.get('detail-type')}"


def _said(error: AwsError) -> str:
    return f"{error.code}: {error.message.rstrip('.')}."


def _assumed(rule: Rule, delivery: Delivery) -> Session | None:
    """The target's role; its state at this moment counts."""
    role = delivery.target.get("RoleArn") or rule.request.get("RoleArn")
    if not role:
        return None
    context = {"aws:SourceAccount": rule.account, "aws:SourceArn": rule.arn}
    if not can_assume(role, service=PRINCIPAL, context=context):
        raise denied(f"{PRINCIPAL} cannot assume the role {role}.")
    return Session(role_arn=role, session_name=delivery.id.replace("-", ""))


def _filled(target: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """A pipeline's parameters may be paths into the event.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html#targets-specifics-dynamic-path
    """
    parameters = (target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList")
    if not parameters:
        return dict(target)
    filled = [{"Name": each["Name"], "Value": _value(each, event)} for each in parameters]
    return {**target, "SageMakerPipelineParameters": {"PipelineParameterList": filled}}


def _value(parameter: Mapping[str, str], event: Mapping[str, Any]) -> str:
    value = parameter["Value"]
    if not value.startswith("$."):
        return value
    found = at_path(event, value)
    return found if isinstance(found, str) else "" if found is None else str(found)

"""The operations on rules and their targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.events.buses import Buses
from provisioning.sandbox.aws.events.inputs import check_input
from provisioning.sandbox.aws.events.patterns import parse_pattern
from provisioning.sandbox.aws.events.records import DEFAULT, Bus, Rule, rule_key
from provisioning.sandbox.aws.events.schedules import check_expression
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.services import Call, Operation
from provisioning.sandbox.aws.targets.room import Targets, kind_of
from provisioning.sandbox.aws.world import World

Answer = Mapping[str, Any]
MOST_TARGETS = 5
_SETTINGS = ("Description", "EventPattern", "RoleArn", "ScheduleExpression")
# Reached with a role only.
_WITH_ROLE = ("sagemaker:pipeline", "states:stateMachine")


class RulesApi:
    def __init__(self, world: World, buses: Buses, targets: Targets) -> None:
        self._clock = world.clock
        self._buses = buses
        self._targets = targets
        self._next = max((rule.number for rule in buses.rules), default=0) + 1

    def operations(self) -> dict[str, Operation]:
        return {
            "PutRule": self.put,
            "DescribeRule": self.describe,
            "DeleteRule": self.delete,
            "EnableRule": self.enable,
            "DisableRule": self.disable,
            "ListRules": self.list,
            "PutTargets": self.put_targets,
            "RemoveTargets": self.remove_targets,
            "ListTargetsByRule": self.list_targets,
            "ListRuleNamesByTarget": self.list_by_target,
        }

    # ── Rules ───────────────────────────────────────────────────────────────────────

    def put(self, call: Call) -> Answer:
        """As documented: what is left out is not kept from before, but targets and tags are."""
        bus = self._buses.find(call.place, call.get("EventBusName"))
        request = {name: call[name] for name in _SETTINGS if call.get(name)}
        _check(request, bus)
        before = self._buses.rules.get(rule_key(bus.place, bus.name, call["Name"]))
        rule = before or self._new(call, bus)
        schedule = request.get("ScheduleExpression")
        if before and before.request.get("ScheduleExpression") != schedule:
            rule.counts_from = rule.done_until = self._clock.now()
        rule.request = request
        self._switch(rule, call.get("State", "ENABLED") != "DISABLED")
        return {"RuleArn": rule.arn}

    def _new(self, call: Call, bus: Bus) -> Rule:
        now = self._clock.now()
        self._next += 1
        return Rule(
            account=bus.account,
            region=bus.region,
            bus=bus.name,
            name=call["Name"],
            request={},
            enabled=True,
            created_by=call.caller.account,
            number=self._next - 1,
            tags=call.get("Tags", []),
            counts_from=now,
            done_until=now,
        )

    def _switch(self, rule: Rule, enabled: bool) -> None:
        # What was missed while it was disabled is not made up for.
        if enabled and not rule.enabled:
            rule.done_until = self._clock.now()
        rule.enabled = enabled
        self._buses.keep(rule)

    def describe(self, call: Call) -> Answer:
        return _described(self._find(call, call["Name"]))

    def delete(self, call: Call) -> None:
        bus = self._buses.find(call.place, call.get("EventBusName"))
        rule = self._buses.rules.get(rule_key(bus.place, bus.name, call["Name"]))
        if rule is None:  # as on AWS, that is success
            return
        if rule.targets:
            raise validation("Rule can't be deleted since it has targets.")
        self._buses.rules.delete(rule.key)

    def enable(self, call: Call) -> None:
        self._switch(self._find(call, call["Name"]), enabled=True)

    def disable(self, call: Call) -> None:
        self._switch(self._find(call, call["Name"]), enabled=False)

    def list(self, call: Call) -> Answer:
        bus = self._buses.find(call.place, call.get("EventBusName"))
        found = [
            _described(rule)
            for rule in sorted(self._buses.rules_of(bus), key=lambda rule: rule.name)
            if rule.name.startswith(call.get("NamePrefix", ""))
        ]
        return page(call, found, result="Rules", default=100, limit="Limit")

    # ── Targets ─────────────────────────────────────────────────────────────────────

    def put_targets(self, call: Call) -> Answer:
        rule = self._find(call, call["Rule"])
        for target in call["Targets"]:
            self._check_target(target, rule)
        given = {target["Id"]: target for target in call["Targets"]}
        kept = [given.pop(target["Id"], target) for target in rule.targets]
        targets = [*kept, *given.values()]
        if len(targets) > MOST_TARGETS:
            raise AwsError(
                "LimitExceededException", "The requested resource exceeds the maximum number "
                "allowed.",
            )  # fmt: skip
        rule.targets = targets
        self._buses.keep(rule)
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _check_target(self, target: Mapping[str, Any], rule: Rule) -> None:
        arn = target["Arn"]
        kind = kind_of(arn)
        if not kind or kind.startswith("aws-sdk:"):
            raise validation(
                "Parameter Arn is not valid. Reason: Provided Arn is not in correct format."
            )
        if not self._targets.knows(arn):
            raise not_simulated(f"the target {arn}")
        if kind != "events:event-bus" and arn.split(":")[3] != rule.region:
            raise validation(f"Provided Arn {arn} is not in the region of the rule.")
        if kind in _WITH_ROLE and not target.get("RoleArn"):
            raise validation(f"RoleArn is required for target {arn}.")
        check_input(target)

    def remove_targets(self, call: Call) -> Answer:
        rule = self._find(call, call["Rule"])
        rule.targets = [each for each in rule.targets if each["Id"] not in call["Ids"]]
        self._buses.keep(rule)
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def list_targets(self, call: Call) -> Answer:
        rule = self._find(call, call["Rule"])
        return page(call, rule.targets, result="Targets", default=100, limit="Limit")

    def list_by_target(self, call: Call) -> Answer:
        bus = self._buses.find(call.place, call.get("EventBusName"))
        found = [
            rule.name
            for rule in self._buses.rules_of(bus)
            if any(target["Arn"] == call["TargetArn"] for target in rule.targets)
        ]
        return page(call, found, result="RuleNames", default=100, limit="Limit")

    def _find(self, call: Call, name: str) -> Rule:
        bus = self._buses.find(call.place, call.get("EventBusName"))
        rule = self._buses.rules.get(rule_key(bus.place, bus.name, name))
        if rule is None:
            raise AwsError(
                "ResourceNotFoundException",
                f"Rule {name} does not exist on EventBus {bus.name}.",
            )
        return rule


def _check(request: Mapping[str, Any], bus: Bus) -> None:
    pattern, schedule = request.get("EventPattern"), request.get("ScheduleExpression")
    if not pattern and not schedule:
        raise validation("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if pattern:
        parse_pattern(pattern)
    if schedule:
        if bus.name != DEFAULT:
            raise validation("ScheduleExpression is supported only on the default event bus.")
        check_expression(schedule)


def _described(rule: Rule) -> dict[str, Any]:
    return {
        **rule.request,
        "Arn": rule.arn,
        "Name": rule.name,
        "EventBusName": rule.bus,
        "State": "ENABLED" if rule.enabled else "DISABLED",
        "CreatedBy": rule.created_by,
    }

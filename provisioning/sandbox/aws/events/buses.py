"""The buses: what comes to them, and which rules it meets there."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.events.archives import Archives
from provisioning.sandbox.aws.events.deliveries import Deliveries
from provisioning.sandbox.aws.events.patterns import parse_pattern, why_not
from provisioning.sandbox.aws.events.records import DEFAULT, Bus, Rule, bus_key, rule_key
from provisioning.sandbox.aws.policies import grants
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.targets.room import TargetCall, Targets, denied
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.clock import to_datetime
from provisioning.sandbox.records import Table

_LONGEST_WAY = 10  # buses that hand an event on to each other


class Buses:
    def __init__(self, world: World, targets: Targets) -> None:
        self._world = world
        self.table = Table(world.store, kind="event_bus", record=Bus)
        self.rules = Table(world.store, kind="event_rule", record=Rule)
        self.archives = Archives(world)
        self._deliveries = Deliveries(world, targets, self.rules)
        targets.register("events:event-bus", "PutEvents", self._as_target)
        self._depth = 0
        world.simulation.handle("event_rule", self._fire)
        for rule in self.rules:
            self._announce(rule)

    def find(self, place: Place, name_or_arn: str | None) -> Bus:
        """Every account has its default bus; raises ResourceNotFoundException for others."""
        name = (name_or_arn or DEFAULT).rpartition("/")[2]
        bus = self.table.get(bus_key(place, name))
        if bus is None and name == DEFAULT:
            bus = Bus(account=place.account, region=place.region, name=name, created=0, modified=0)
        if bus is None:
            raise AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")
        return bus

    def rules_of(self, bus: Bus) -> list[Rule]:
        prefix = rule_key(bus.place, bus.name, "")
        found = [rule for rule in self.rules if rule.key.startswith(prefix)]
        return sorted(found, key=lambda rule: rule.number)

    # ── What comes to a bus ─────────────────────────────────────────────────────────

    def publish(self, place: Place, event: dict[str, Any], *, bus: str = DEFAULT) -> None:
        """An event of a service or a caller: it is archived, and meets every rule in turn."""
        found = self.find(place, bus)
        self.archives.take(found, event)
        self.meet(found, event)

    def meet(
        self, bus: Bus, event: Mapping[str, Any], *, only: Collection[str] | None = None
    ) -> None:
        """`only` are ARNs of rules; a replay may be meant for some of them."""
        for rule in self.rules_of(bus):
            if rule.pattern is None or (only is not None and rule.arn not in only):
                continue
            missed = why_not(parse_pattern(rule.pattern), event)
            if missed is None and rule.enabled:
                self._deliveries.deliver(rule, event)
            elif missed is None:
                self._deliveries.note(rule, event, "ignored", reason="The rule is disabled.")
            elif _is_worth_telling(bus, missed):
                reason = f"The pattern does not match: {missed}."
                self._deliveries.note(rule, event, "ignored", reason=reason)

    def _as_target(self, wanted: TargetCall) -> None:
        """A rule hands an event on to another bus, or a schedule puts one of its own there."""
        _, _, _, region, account, resource = wanted.arn.split(":", 5)
        bus = self.find(Place(account=account, region=region), resource)
        if wanted.session:
            wanted.session.require("events:PutEvents", bus.arn)
        elif not _bus_lets_put(bus, wanted):
            raise denied(f"Neither a role nor the policy of {bus.arn} lets events be put there.")
        if self._depth >= _LONGEST_WAY:
            raise AwsError("ValidationException", "The buses hand this event on in a circle.")
        self._depth += 1
        try:
            self.publish(bus.place, self._handed(wanted), bus=bus.name)
        finally:
            self._depth -= 1

    def _handed(self, wanted: TargetCall) -> dict[str, Any]:
        """A rule hands on the event itself; a schedule's input is the detail of a new one."""
        told = wanted.target.get("EventBridgeParameters")
        if not told:
            handed: dict[str, Any] = json.loads(wanted.input)
            return handed
        return {
            "version": "0",
            # The same for every attempt of one firing.
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{wanted.source_arn} {wanted.token}")),
            "detail-type": told["DetailType"],
            "source": told["Source"],
            "account": wanted.place.account,
            "time": to_datetime(self._world.clock.now()).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": wanted.place.region,
            "resources": [wanted.source_arn],
            "detail": _detail(wanted.input),
        }

    # ── Rules with a schedule ───────────────────────────────────────────────────────

    def keep(self, rule: Rule) -> None:
        """Store a rule and announce when it fires next."""
        rule.due = rule.next_due()
        self.rules.put(rule)
        self._announce(rule)

    def _announce(self, rule: Rule) -> None:
        if rule.due is not None:
            self._world.simulation.announce(at=rule.due, kind="event_rule", key=rule.key)

    def _fire(self, key: str, time: float) -> None:
        rule = self.rules.get(key)
        if rule is None or rule.due != time:
            return
        rule.done_until = time
        self.keep(rule)
        self._deliveries.deliver(rule, scheduled_event(rule, time))


def _detail(text: str) -> dict[str, Any]:
    try:
        detail = json.loads(text)
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        raise validation("Detail is malformed: an event's detail is a JSON object.")
    return detail


def _is_worth_telling(bus: Bus, missed: str) -> bool:
    """What every service says on the default bus, rules for other sources need not hear."""
    return bus.name != DEFAULT or missed not in ("source", "account", "region")


def _bus_lets_put(bus: Bus, wanted: TargetCall) -> bool:
    document = json.dumps({"Version": "2012-10-17", "Statement": bus.statements})
    return grants(
        document,
        service=wanted.principal,
        action="events:PutEvents",
        resource=bus.arn,
        context=wanted.context,
    )


def scheduled_event(rule: Rule, time: float) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": rule.account,
        "time": to_datetime(time).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": rule.region,
        "resources": [rule.arn],
        "detail": {},
    }

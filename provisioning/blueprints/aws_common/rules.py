"""Triggers that are rules of EventBridge: read back, paused and resumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec, TriggerProof, TriggerState
from provisioning.errors import NotFound, NotPossible

from ..common.drift import same_json
from . import names
from .lists import all_targets

DEFAULT_BUS = "default"


@dataclass(frozen=True)
class Rule:
    """A rule as it should be. `role_arn` is None where the target itself lets EventBridge in."""

    name: str
    pattern: str  # JSON
    target_arn: str
    role_arn: str | None
    bus: str = DEFAULT_BUS


def rule_of(
    spec: StackSpec,
    key: str,
    *,
    target_arn: str,
    with_role: bool,
    bus: str = DEFAULT_BUS,
    pattern: str = "",
) -> Rule:
    """The rule of one trigger by the fixed names; of a prepared spec the pattern is known."""
    role = names.Place(spec.region, spec.account).role(names.trigger_role(spec.slug, key))
    return Rule(
        name=names.rule(spec.slug, key),
        pattern=pattern or next(iter(spec.natives.get(key, ())), ""),
        target_arn=target_arn,
        role_arn=role if with_role else None,
        bus=bus,
    )


def proof(session: Session, key: str, rule: Rule, *, hindrance: str = "") -> TriggerProof:
    """`hindrance` says what else keeps the trigger from firing, though its rule is right."""
    found = _get(session, rule)
    state, message = _state(session, rule, found)
    if hindrance and state is TriggerState.ACTIVE:
        state, message = TriggerState.UNKNOWN, hindrance
    return TriggerProof(
        key=key,
        state=state,
        native=(str(found.get("EventPattern", "")),) if found else (),
        verified_at=datetime.now(UTC),
        message=message,
    )


def switch(session: Session, rule: Rule, *, enabled: bool) -> None:
    call = "enable_rule" if enabled else "disable_rule"
    try:
        with cloud_errors("resume the trigger" if enabled else "pause the trigger"):
            getattr(session.client("events"), call)(Name=rule.name, EventBusName=rule.bus)
    except NotFound as error:
        raise NotPossible("AWS has no rule of this trigger. Deploy the pipeline first.") from error


def _get(session: Session, rule: Rule) -> dict[str, Any] | None:
    try:
        with cloud_errors("read the rule"):
            answer: dict[str, Any] = session.client("events").describe_rule(
                Name=rule.name, EventBusName=rule.bus
            )
            return answer
    except NotFound:
        return None


def _state(session: Session, rule: Rule, found: dict[str, Any] | None) -> tuple[TriggerState, str]:
    if found is None:
        return TriggerState.MISSING, f"AWS has no rule {rule.name}."
    for problem in _wrong(session, rule):
        return TriggerState.UNKNOWN, problem
    if found.get("State") == "DISABLED":
        return TriggerState.PAUSED, ""
    if rule.pattern and not same_json(found.get("EventPattern", ""), rule.pattern):
        return (
            TriggerState.ACTIVE,
            "AWS has another pattern than this version. Deploy it, or refresh to compare.",
        )
    return TriggerState.ACTIVE, ""


def _wrong(session: Session, rule: Rule) -> Iterator[str]:
    with cloud_errors("read the rule's targets"):
        targets = all_targets(session, rule.name, rule.bus)
    mine = [each for each in targets if each.get("Arn") == rule.target_arn]
    if not mine:
        others = ", ".join(str(each.get("Arn")) for each in targets) or "nothing"
        yield f"Rule {rule.name} starts something else: {others}."
    elif rule.role_arn and mine[0].get("RoleArn") != rule.role_arn:
        yield f"Rule {rule.name} uses another role: {mine[0].get('RoleArn')}."

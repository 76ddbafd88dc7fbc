"""Which notification configurations S3 refuses, in its words."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from moto.s3.notifications import S3NotificationEvent

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.lambdas.functions import Functions, lets_invoke
from provisioning.sandbox.aws.messages import queue_lets_send
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.s3.records import KINDS, Rule, matches_event, rules_of
from provisioning.sandbox.aws.services import Place

PRINCIPAL = "s3.amazonaws.com"
_EVENTS = frozenset(str(each.value) for each in S3NotificationEvent)


def invalid(message: str) -> AwsError:
    return AwsError("InvalidArgument", message)


def canonical(content: dict[str, Any]) -> dict[str, Any]:
    """The configuration as S3 shows it: ids given, names of filters spelled its way."""
    made: dict[str, Any] = {}
    for member, _ in KINDS.values():
        if content.get(member):
            made[member] = [_canonical_rule(each) for each in content[member]]
    if "EventBridgeConfiguration" in content:
        made["EventBridgeConfiguration"] = {}
    return made


def _canonical_rule(given: dict[str, Any]) -> dict[str, Any]:
    rules = (given.get("Filter") or {}).get("Key", {}).get("FilterRules", [])
    named = [{"Name": _filter_name(rule), "Value": rule.get("Value", "")} for rule in rules]
    if len({rule["Name"] for rule in named}) < len(named):
        raise invalid("Cannot specify more than one prefix or suffix rule in a filter.")
    rule = {**given, "Id": given.get("Id") or uuid.uuid4().hex}
    rule.pop("Filter", None)
    return {**rule, "Filter": {"Key": {"FilterRules": named}}} if named else rule


def _filter_name(rule: dict[str, Any]) -> str:
    name = str(rule.get("Name", "")).lower()
    if name not in ("prefix", "suffix"):
        raise invalid("filter rule name must be either prefix or suffix")
    return name.capitalize()


def check_rules(content: dict[str, Any]) -> None:
    rules = list(rules_of(content))
    for rule in rules:
        for event in rule.events:
            if event not in _EVENTS:
                raise invalid(f"The event '{event}' is not supported for notifications")
    if len({rule.id for rule in rules}) < len(rules):
        raise invalid("Same ID used for multiple configurations. IDs must be unique.")
    for one, other in itertools.combinations(rules, 2):
        if _share_events(one, other) and _overlap(one, other):
            raise invalid(_overlap_message(one, other))


def _share_events(one: Rule, other: Rule) -> bool:
    return any(matches_event(a, b) or matches_event(b, a) for a in one.events for b in other.events)


def _overlap(one: Rule, other: Rule) -> bool:
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    suffixes = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
    return prefixes and suffixes


def _overlap_message(one: Rule, other: Rule) -> str:
    if not (one.prefix or one.suffix or other.prefix or other.suffix):
        return (
            "Configurations overlap. Configurations on the same bucket cannot share a common "
            "event type."
        )
    return (
        "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if "
        "the prefixes are overlapping for the same event type."
    )


# ── Targets ─────────────────────────────────────────────────────────────────────────


def check_targets(
    content: dict[str, Any], *, bucket: str, place: Place, functions: Functions
) -> None:
    """Every target has to be there, in the bucket's region, and to be open to S3."""
    for rule in rules_of(content):
        if rule.kind == "sns":
            raise not_simulated("notifications to SNS topics")
        wrong_region = rule.arn.split(":")[3:4] != [place.region]
        if wrong_region or not may_deliver(rule, bucket, place.account, functions):
            raise invalid("Unable to validate the following destination configurations")


def may_deliver(rule: Rule, bucket: str, account: str, functions: Functions) -> bool:
    """Whether the target exists and its own policy lets S3 use it for this bucket."""
    context = {"aws:SourceArn": f"arn:aws:s3:::{bucket}", "aws:SourceAccount": account}
    if rule.kind == "lambda":
        function = functions.by_arn(rule.arn)
        return function is not None and lets_invoke(function, service=PRINCIPAL, context=context)
    return queue_lets_send(rule.arn, service=PRINCIPAL, context=context)

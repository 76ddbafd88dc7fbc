"""The bucket's notification in S3: read back, and written again with or without one rule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.blueprints.aws_common.names import Place
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import ObjectCreatedSpec, StackSpec
from provisioning.errors import NotFound, NotPossible

from . import names, wiring

RULES = "LambdaFunctionConfigurations"
ACTIVE = "Active"


@dataclass(frozen=True)
class Deployed:
    """What AWS has: the bucket's notification, None without the bucket; and what is wrong with
    the function that it calls, "" where nothing is."""

    bucket: str
    configuration: dict[str, Any] | None
    function_missing: bool
    hindrance: str

    def rule(self, key: str) -> dict[str, Any] | None:
        rules = (self.configuration or {}).get(RULES, [])
        return next((each for each in rules if each.get("Id") == key), None)


def read(session: Session, spec: StackSpec) -> Deployed:
    bucket = names.data_bucket(spec.slug, spec.account)
    configuration = _configuration(session, bucket)
    function = _function(session, spec)
    hindrance = "" if function is None else _hindrance(session, spec, function, bucket)
    return Deployed(bucket, configuration, function is None, hindrance)


def wanted(spec: StackSpec, trigger: ObjectCreatedSpec) -> dict[str, Any]:
    arn = names.function_arn(spec.slug, Place(spec.region, spec.account))
    return wiring.rule(trigger.key, trigger.prefix, trigger.suffix, arn)


def filters(rule: Mapping[str, Any]) -> tuple[str, str]:
    """Prefix and suffix."""
    given = rule.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    found = {each["Name"].lower(): each.get("Value", "") for each in given}
    return found.get("prefix", ""), found.get("suffix", "")


def written(rule: Mapping[str, Any]) -> str:
    """For people: "s3:ObjectCreated:* data/*.csv"."""
    prefix, suffix = filters(rule)
    return f"{', '.join(rule['Events'])} {prefix}*{suffix}"


def switch(session: Session, spec: StackSpec, trigger: ObjectCreatedSpec, *, on: bool) -> None:
    """S3 takes the notification as a whole; the rules of others stay as they are."""
    bucket = names.data_bucket(spec.slug, spec.account)
    configuration = _configuration(session, bucket)
    if configuration is None:
        raise NotPossible(f"AWS has no bucket {bucket}. Deploy the pipeline first.")
    others = [each for each in configuration.get(RULES, []) if each.get("Id") != trigger.key]
    rules = [*others, wanted(spec, trigger)] if on else others
    rest = {name: value for name, value in configuration.items() if name != RULES}
    with cloud_errors("resume the trigger" if on else "pause the trigger"):
        session.client("s3").put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={**rest, **({RULES: rules} if rules else {})},
        )


def _configuration(session: Session, bucket: str) -> dict[str, Any] | None:
    try:
        with cloud_errors("read the bucket's notification"):
            found = session.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    except NotFound:
        return None
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


def _function(session: Session, spec: StackSpec) -> dict[str, Any] | None:
    try:
        with cloud_errors("read the function"):
            found: dict[str, Any] = session.client("lambda").get_function_configuration(
                FunctionName=names.function(spec.slug)
            )
    except NotFound:
        return None
    return found


def _hindrance(session: Session, spec: StackSpec, function: dict[str, Any], bucket: str) -> str:
    name = names.function(spec.slug)
    if function.get("State", ACTIVE) not in (ACTIVE, "Inactive"):
        reason = function.get("StateReason", "")
        return f"The function {name} is {function['State'].lower()}. {reason}".strip()
    with cloud_errors("read how often the function may run at once"):
        reserved = session.client("lambda").get_function_concurrency(FunctionName=name)
    if reserved.get("ReservedConcurrentExecutions") == 0:
        return f"The function {name} may not run: its reserved concurrency is 0."
    if not any(_lets_in(each, bucket) for each in _statements(session, name)):
        return f"The function {name} does not let the bucket {bucket} call it."
    return ""


def _statements(session: Session, name: str) -> Iterator[Mapping[str, Any]]:
    try:
        with cloud_errors("read who may call the function"):
            answer = session.client("lambda").get_policy(FunctionName=name)
    except NotFound:
        return
    yield from json.loads(answer["Policy"])["Statement"]


def _lets_in(statement: Mapping[str, Any], bucket: str) -> bool:
    principal = statement.get("Principal", {})
    service = principal.get("Service") if isinstance(principal, dict) else principal
    source = statement.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn", "")
    return service in ("s3.amazonaws.com", "*") and str(source).endswith(f":::{bucket}")

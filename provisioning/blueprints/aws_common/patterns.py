"""Patterns of EventBridge: what a trigger's object or event looks like on a bus.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.contracts import EventSpec, ObjectCreatedSpec, StackSpec
from provisioning.errors import InvalidInput, Problem

LONGEST = 2048  # characters of a rule's pattern


def prepare(spec: StackSpec, bucket: str) -> StackSpec:
    """With the pattern of every trigger that is a rule; `bucket` is where objects land."""
    natives = dict(spec.natives)
    found: list[Problem] = []
    for position, trigger in enumerate(spec.triggers):
        if isinstance(trigger, ObjectCreatedSpec | EventSpec):
            pattern = pattern_of(trigger, bucket)
            found += problems(trigger, pattern, f"triggers.{position}")
            natives[trigger.key] = (text(pattern),)
    if found:
        raise InvalidInput(found)
    return spec.model_copy(update={"natives": natives})


def pattern_of(trigger: ObjectCreatedSpec | EventSpec, bucket: str) -> dict[str, Any]:
    return (
        of_object(trigger, bucket) if isinstance(trigger, ObjectCreatedSpec) else of_event(trigger)
    )


def text(pattern: Mapping[str, Any]) -> str:
    return json.dumps(pattern, ensure_ascii=False, separators=(",", ":"))


def of_object(trigger: ObjectCreatedSpec, bucket: str) -> dict[str, Any]:
    """As S3 tells the default bus. The key is not URL-encoded there, and its case counts."""
    detail: dict[str, Any] = {"bucket": {"name": [bucket]}}
    if keys := list(_keys(trigger.prefix, trigger.suffix)):
        detail["object"] = {"key": keys}
    return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}


def of_event(trigger: EventSpec) -> dict[str, Any]:
    found: dict[str, Any] = {"source": [trigger.source], "detail-type": list(trigger.types)}
    return found | ({"detail": trigger.detail} if trigger.detail else {})


def _keys(prefix: str, suffix: str) -> Iterator[Any]:
    """Values in one list are alternatives, so that a beginning and an end together need a
    wildcard. That wants the two beside each other; keys in which they overlap are few."""
    if prefix and suffix:
        yield {"wildcard": f"{_literal(prefix)}*{_literal(suffix)}"}
        for length in range(1, min(len(prefix), len(suffix)) + 1):
            if prefix.endswith(suffix[:length]):
                yield prefix + suffix[length:]
    elif prefix:
        yield {"prefix": prefix}
    elif suffix:
        yield {"suffix": suffix}


def _literal(part: str) -> str:
    return part.replace("\\", "\\\\").replace("*", "\\*")


# ── What EventBridge would refuse ───────────────────────────────────────────────────


def problems(
    trigger: ObjectCreatedSpec | EventSpec, pattern: Mapping[str, Any], field: str
) -> Iterator[Problem]:
    """`field` is where the trigger stands: "triggers.0"."""
    if isinstance(trigger, EventSpec):
        if trigger.detail:
            yield from _misshapen(trigger.detail, f"{field}.detail")
        for position, each in enumerate(trigger.types):
            if not each:
                yield Problem(f"{field}.types.{position}", "This is required.", "required")
    if len(text(pattern)) > LONGEST:
        where = "detail" if isinstance(trigger, EventSpec) else "prefix"
        yield Problem(f"{field}.{where}", f"EventBridge takes patterns of {LONGEST} characters.")


def _misshapen(value: Any, field: str) -> Iterator[Problem]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            if key == "$or":
                yield from _alternatives(inner, f"{field}.{key}")
            else:
                yield from _misshapen(inner, f"{field}.{key}")
    elif not isinstance(value, list) or not value:
        yield Problem(
            field, 'Write what may stand here as a list: ["one", "two"] or [{"prefix": "o"}].'
        )


def _alternatives(value: Any, field: str) -> Iterator[Problem]:
    if not isinstance(value, list) or len(value) < 2:
        yield Problem(field, "Write two or more patterns as a list.")
        return
    for position, each in enumerate(value):
        yield from _misshapen(each, f"{field}.{position}")

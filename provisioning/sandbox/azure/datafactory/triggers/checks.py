"""What Data Factory refuses in a trigger: when it is written, and when it is started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.documents import require_type
from provisioning.sandbox.azure.errors import bad_request
from provisioning.sandbox.azure.times import parse_span, seconds_of
from provisioning.sandbox.rest import RestError

EVENT_TYPES = ("BlobEventsTrigger", "CustomEventsTrigger")
SIMULATED = ("ScheduleTrigger", "TumblingWindowTrigger", *EVENT_TYPES)
_BLOB_EVENTS = ("Microsoft.Storage.BlobCreated", "Microsoft.Storage.BlobDeleted")
_FREQUENCIES = ("Minute", "Hour", "Day", "Week", "Month")
_WINDOW_FREQUENCIES = ("Minute", "Hour", "Month")
_MOST_DEPENDENCIES = 5


def require_trigger(draft: Resource, before: Resource | None) -> None:
    """Raises RestError for what a PUT may not say."""
    properties = draft.properties
    require_type("triggers", properties, target=draft.id)
    kind = str(properties["type"])
    if kind not in SIMULATED:
        message = f"The sandbox does not simulate triggers of type {kind}."
        raise bad_request(message, code="NotSupported", target=draft.id)
    if before is not None and before.properties["type"] != kind:
        message = f"The type of trigger '{draft.name}' cannot be changed."
        raise bad_request(message, code="TriggerTypeUpdateNotAllowed", target=draft.id)
    wrong = next(_CHECKS[kind](properties["typeProperties"]), None)
    if wrong is not None:
        raise bad_request(wrong, target=draft.id)
    if kind == "TumblingWindowTrigger":
        _require_pipeline(draft)
        _require_unmoved(draft, before)


def require_pipelines(trigger: Resource) -> None:
    """Raises RestError for a trigger that would start nothing."""
    if not pipeline_references(trigger):
        message = f"Missing or invalid pipeline references for trigger {trigger.name}"
        raise bad_request(message, target=trigger.name)


def pipeline_references(trigger: Resource) -> list[dict[str, Any]]:
    one, many = trigger.properties.get("pipeline"), trigger.properties.get("pipelines")
    found = [one] if one else list(many or [])
    return [each for each in found if (each.get("pipelineReference") or {}).get("referenceName")]


def _require_pipeline(draft: Resource) -> None:
    if not pipeline_references(draft):
        message = "Required property 'pipeline' is missing in payload."
        raise bad_request(message, target=draft.id)


def _require_unmoved(draft: Resource, before: Resource | None) -> None:
    """Its windows are counted from where it began: that cannot move."""
    if before is None:
        return
    old, new = before.properties["typeProperties"], draft.properties["typeProperties"]
    if seconds_of(old["startTime"]) != seconds_of(new["startTime"]):
        raise _not_allowed("StartTime", "Start time")
    for name, called in (("frequency", "Frequency"), ("interval", "Interval")):
        if old[name] != new[name]:
            raise _not_allowed(called, called)


def _not_allowed(code: str, what: str) -> RestError:
    message = f"{what} cannot be updated for Tumbling Window Trigger."
    return bad_request(message, code=f"TumblingWindowTrigger{code}UpdateNotAllowed")


def _schedule_problems(given: dict[str, Any]) -> Iterator[str]:
    recurrence = given["recurrence"]
    if recurrence.get("frequency") not in _FREQUENCIES:
        yield f"The recurrence frequency is one of {', '.join(_FREQUENCIES)}."
    interval = recurrence.get("interval", 1)
    if not isinstance(interval, int) or not 1 <= interval <= 1000:
        yield "The recurrence interval is a number between 1 and 1000."
    yield from _time_problems(recurrence, "startTime", "endTime")


def _window_problems(given: dict[str, Any]) -> Iterator[str]:
    frequency, interval = given["frequency"], given["interval"]
    if frequency not in _WINDOW_FREQUENCIES:
        yield f"The frequency of a tumbling window is one of {', '.join(_WINDOW_FREQUENCIES)}."
    if not isinstance(interval, int) or interval < (5 if frequency == "Minute" else 1):
        yield "The interval of a tumbling window is at least five minutes, one hour or one month."
    most = given["maxConcurrency"]
    if not isinstance(most, int) or not 1 <= most <= 50:
        yield "maxConcurrency is a number between 1 and 50."
    policy = given.get("retryPolicy") or {}
    if not isinstance(policy.get("count", 0), int) or policy.get("count", 0) < 0:
        yield "The count of a retry policy is not negative."
    pause = policy.get("intervalInSeconds", 30)
    if not isinstance(pause, int) or not 30 <= pause <= 86_400:
        yield "The interval of a retry policy is between 30 and 86400 seconds."
    yield from _time_problems(given, "startTime", "endTime")
    yield from _span_problems(given, "delay")
    yield from _dependency_problems(given.get("dependsOn") or [])


def _dependency_problems(dependencies: list[dict[str, Any]]) -> Iterator[str]:
    if len(dependencies) > _MOST_DEPENDENCIES:
        yield f"A tumbling window depends on at most {_MOST_DEPENDENCIES} triggers."
    for each in dependencies:
        kind = each.get("type")
        if kind == "SelfDependencyTumblingWindowTriggerReference":
            if not str(each.get("offset", "")).startswith("-"):
                yield "The offset of a dependency on itself is required and negative."
        elif kind != "TumblingWindowTriggerDependencyReference":
            yield f"A tumbling window cannot depend on '{kind}'."
        elif not (each.get("referenceTrigger") or {}).get("referenceName"):
            yield "Required property 'referenceTrigger' is missing in payload."
        yield from _span_problems(each, "offset")
        yield from _span_problems(each, "size")


def _blob_problems(given: dict[str, Any]) -> Iterator[str]:
    if not given.get("blobPathBeginsWith") and not given.get("blobPathEndsWith"):
        yield "Either blobPathBeginsWith or blobPathEndsWith has to be specified."
    events = given["events"]
    if not events or any(each not in _BLOB_EVENTS for each in events):
        yield f"The events of a blob trigger are of {', '.join(_BLOB_EVENTS)}."
    if "/storageaccounts/" not in str(given["scope"]).lower():
        yield "The scope of a blob trigger is the id of a storage account."


def _custom_problems(given: dict[str, Any]) -> Iterator[str]:
    if not given["events"]:
        yield "A custom event trigger needs at least one event type."
    if "/microsoft.eventgrid/topics/" not in str(given["scope"]).lower():
        yield "The scope of a custom event trigger is the id of an Event Grid topic."


def _time_problems(given: dict[str, Any], *names: str) -> Iterator[str]:
    for name in names:
        value = given.get(name)
        if value is not None and not _readable(seconds_of, value):
            yield f"'{name}' is not a time: '{value}'."


def _span_problems(given: dict[str, Any], name: str) -> Iterator[str]:
    value = given.get(name)
    if value is not None and not _readable(parse_span, value):
        yield f"'{name}' is not a time span such as 01:00:00: '{value}'."


def _readable(read: Callable[[str], Any], value: Any) -> bool:
    try:
        read(value)
    except (TypeError, ValueError, AttributeError):
        return False
    return True


_CHECKS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "ScheduleTrigger": _schedule_problems,
    "TumblingWindowTrigger": _window_problems,
    "BlobEventsTrigger": _blob_problems,
    "CustomEventsTrigger": _custom_problems,
}

"""What a trigger does, as a sentence, from what its spec says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from dashboard.times import UTC_ZONE, in_words
from provisioning.contracts import TriggerKind
from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule, explain

NAMES: dict[TriggerKind, str] = {
    TriggerKind.SCHEDULE: "Schedule",
    TriggerKind.TUMBLING_WINDOW: "Tumbling window",
    TriggerKind.OBJECT_CREATED: "Object created",
    TriggerKind.EVENT: "Event",
    TriggerKind.COMPLETION: "Completion",
    TriggerKind.WEBHOOK: "Webhook",
    TriggerKind.NATIVE: "In the cloud's words",
}
Values = Mapping[str, Any]
NameOf = Callable[[int], str]


def name(kind: str) -> str:
    """What people call this kind of trigger."""
    return NAMES[TriggerKind(kind)] if kind in NAMES else kind


def sentence(kind: str, values: Values, *, pipeline_name: NameOf) -> str:
    """ "At 06:00 on weekdays, Europe/Berlin"; without a full stop. `pipeline_name` gives the
    name of another Pipeline by its id."""
    match kind:
        case TriggerKind.SCHEDULE:
            return of_schedule(str(values.get("cron", "")), str(values.get("timezone", "")))
        case TriggerKind.TUMBLING_WINDOW:
            return _windows(values)
        case TriggerKind.OBJECT_CREATED:
            return _object(str(values.get("prefix", "")), str(values.get("suffix", "")))
        case TriggerKind.EVENT:
            return _event(values)
        case TriggerKind.COMPLETION:
            ends = "fails" if values.get("on") == "failed" else "succeeds"
            return f"When a run of {pipeline_name(int(values.get('pipeline') or 0))} {ends}"
        case TriggerKind.WEBHOOK:
            return "When its webhook is called"
        case TriggerKind.NATIVE:
            return str(values.get("text", ""))[:200]
    return f"By a trigger of kind {kind}"


@lru_cache(maxsize=4096)
def of_schedule(cron: str, timezone: str) -> str:
    try:
        return explain(check_schedule(cron, timezone))
    except InvalidInput:  # saved before a rule became stricter
        return f"{cron}, {timezone}"


def _windows(values: Values) -> str:
    interval, unit = int(values.get("interval") or 1), str(values.get("frequency", "hour"))
    every = f"Every {unit}" if interval == 1 else f"Every {interval} {unit}s"
    start = values.get("start")
    moment = datetime.fromisoformat(start) if isinstance(start, str) and start else start
    since = f", from {in_words(moment, UTC_ZONE)} UTC on" if isinstance(moment, datetime) else ""
    return f"{every}, in windows without a gap{since}"


def _object(prefix: str, suffix: str) -> str:
    below = f" below {prefix}" if prefix else ""
    ending = f" that ends in {suffix}" if suffix else ""
    return f"When an object{below}{ending} lands"


def _event(values: Values) -> str:
    types = [str(each) for each in values.get("types", ())]
    what = " or ".join(types) or "an event"
    detail = " that fits its pattern" if values.get("detail") else ""
    return f"When {what} from {values.get('source', '')} arrives{detail}"

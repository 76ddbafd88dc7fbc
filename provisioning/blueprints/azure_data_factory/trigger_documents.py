"""Native triggers as Resource Manager writes them, one list for each trigger of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from . import names
from .pasted import documents_of, fillings
from .references import handed_over, pipeline_reference
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import (
        EventSpec,
        ObjectCreatedSpec,
        TriggerSpec,
        TumblingWindowSpec,
    )

Properties = dict[str, Any]
BLOB_CREATED = "Microsoft.Storage.BlobCreated"


@dataclass(frozen=True)
class Natives:
    """What triggers hang on; ids may be known only when it is made."""

    storage: Any
    topic: Any
    recurrences: Mapping[str, tuple[str, ...]]


def trigger_documents(
    slug: str, settings: Settings, trigger: TriggerSpec, natives: Natives
) -> list[Properties]:
    kind = trigger.kind.value
    reference = _reference(slug, settings, kind)
    if kind == "tumbling_window":
        return [{**_window(trigger), "pipeline": reference}]  # type: ignore[arg-type]
    if kind == "object_created":
        found = [_blob(trigger, natives.storage)]  # type: ignore[arg-type]
    elif kind == "event":
        found = [_custom(trigger, natives.topic)]  # type: ignore[arg-type]
    else:
        found = [_schedule(text) for text in natives.recurrences[trigger.key]]
    return [{**each, "pipelines": [reference]} for each in found]


def blob_begin(prefix: str) -> str:
    """Data Factory wants `/blobs/` between the container and what is in it."""
    return f"/{names.CONTAINER}/blobs/{prefix}"


def _reference(slug: str, settings: Settings, kind: str) -> Properties:
    declared = documents_of(settings).pipeline["parameters"]
    types = {name: str(each.get("type", "")) for name, each in declared.items()}
    return pipeline_reference(slug, handed_over(kind, fillings(settings), types))


def _schedule(recurrence: str) -> Properties:
    return {
        "type": "ScheduleTrigger",
        "typeProperties": {"recurrence": json.loads(recurrence)},
    }


def _window(trigger: TumblingWindowSpec) -> Properties:
    end = {"endTime": _stamp(trigger.end)} if trigger.end else {}
    return {
        "type": "TumblingWindowTrigger",
        "typeProperties": {
            "frequency": trigger.frequency.capitalize(),
            "interval": trigger.interval,
            "startTime": _stamp(trigger.start),
            **end,
            "delay": _span(trigger.delay_seconds),
            "maxConcurrency": trigger.max_concurrency,
            "retryPolicy": {
                "count": trigger.retry_count,
                "intervalInSeconds": trigger.retry_interval_seconds,
            },
        },
    }


def _blob(trigger: ObjectCreatedSpec, account: Any) -> Properties:
    end = {"blobPathEndsWith": trigger.suffix} if trigger.suffix else {}
    return {
        "type": "BlobEventsTrigger",
        "typeProperties": {
            "scope": account,
            "events": [BLOB_CREATED],
            "blobPathBeginsWith": blob_begin(trigger.prefix),
            **end,
            "ignoreEmptyBlobs": False,
        },
    }


def _custom(trigger: EventSpec, topic: Any) -> Properties:
    """Event Grid's events have no source: their subject says what they are about."""
    return {
        "type": "CustomEventsTrigger",
        "typeProperties": {
            "scope": topic,
            "events": list(trigger.types),
            "subjectBeginsWith": trigger.source,
            "subjectEndsWith": trigger.source,
        },
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _span(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}.{clock}" if days else clock

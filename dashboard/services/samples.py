"""Trying a Pipeline out: an object into its own bucket, an event on its own bus."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from dashboard import audit
from dashboard.models import Pipeline, User
from dashboard.services import problems
from dashboard.services.entering import enter
from dashboard.services.managing import require_managed
from provisioning.contracts import EventSample, Level, ObjectSample, Sample
from provisioning.errors import InvalidInput

LARGEST = 5 * 1024 * 1024
LARGEST_EVENT = 256 * 1024  # no cloud's bus takes more


def put_object(*, actor: User, pipeline: Pipeline, key: str, content: bytes) -> str:
    """Returns what the cloud calls it. What it sets off is found in the history."""
    if len(content) > LARGEST:
        most = LARGEST // 1024 // 1024
        raise InvalidInput.at("content", f"At most {most} MiB; larger ones go to the cloud itself.")
    sample = _checked(ObjectSample, {"key": key, "content": content})
    return _emit(actor=actor, pipeline=pipeline, sample=sample, detail={"key": key})


def send_event(
    *, actor: User, pipeline: Pipeline, source: str, type: str, detail: dict[str, Any]
) -> str:
    """Returns the event's id, or what else the cloud says of it."""
    if len(json.dumps(detail).encode()) > LARGEST_EVENT:
        most = LARGEST_EVENT // 1024
        raise InvalidInput.at("detail", f"At most {most} KiB; put the data elsewhere and name it.")
    sample = _checked(EventSample, {"source": source, "type": type, "detail": detail})
    return _emit(
        actor=actor, pipeline=pipeline, sample=sample, detail={"source": source, "type": type}
    )


def _checked(kind: type[Sample], values: dict[str, Any]) -> Sample:
    try:
        return kind(**values)
    except ValidationError as error:
        raise InvalidInput(problems.of_pydantic(error, prefix="")) from error


def _emit(*, actor: User, pipeline: Pipeline, sample: Sample, detail: dict[str, str]) -> str:
    require_managed(pipeline)
    entered = enter(pipeline, Level.RUN)
    called = entered.blueprint.emit(entered.session, entered.spec, sample)
    kind = "object" if isinstance(sample, ObjectSample) else "event"
    audit.record(
        actor=actor,
        action=f"pipeline.{kind}",
        subject=pipeline,
        detail={"pipeline": pipeline.name, **detail, "cloud": called},
    )
    return called

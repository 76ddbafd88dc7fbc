from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from dashboard import access, queries
from dashboard.api.auth import caller
from dashboard.api.values import Moment
from dashboard.queries import ShownOccurrence
from provisioning.errors import InvalidInput

router = Router(tags=["pipelines"])
BACK, AHEAD = timedelta(days=7), timedelta(days=1)


class CauseOut(Schema):
    """`code` is one of `trigger_stopped`, `trigger_changed`, `permission_denied`,
    `target_throttled`, `target_failed`, `overlap_skipped`, `deployed_too_late`, `not_read`,
    `history_gone` and `origin_unknown`; `message` is a sentence."""

    code: str
    message: str


class OccurrenceOut(Schema):
    """A start that a schedule promised. `due` is null of a run that nobody promised, `run` the
    id of the run that answers it. `late_seconds` counts from `due` to the run's start; only a
    start that took longer than two minutes is `late`. `unknown`: the cloud's history could not
    be read up to the end of its grace."""

    due: datetime | None
    status: Literal["due", "running", "done", "late", "missed", "extra", "unknown"]
    run: int | None
    late_seconds: int | None
    cause: CauseOut | None


@router.get("/pipelines/{int:id}/occurrences", response=list[OccurrenceOut])
def list_occurrences(
    request: HttpRequest, id: int, since: Moment | None = None, until: Moment | None = None
) -> list[dict[str, Any]]:
    """Promise against observation, in order of time: from `since`, by default a week ago, until
    `until`, by default a day ahead, both by the clock of the pipeline's connection."""
    pipeline = access.get_pipeline(caller(request), id)
    now = pipeline.connection.now(timezone.now())
    since = since or min(now, until or now) - BACK
    until = until or max(now, since) + AHEAD
    if until <= since:
        raise InvalidInput.at("until", "The end has to be after the start.")
    return [shown(each) for each in queries.occurrences(pipeline, since, until)]


def shown(each: ShownOccurrence) -> dict[str, Any]:
    return {
        "due": each.due,
        "status": each.status,
        "run": each.run.pk if each.run else None,
        "late_seconds": each.late_seconds,
        "cause": {"code": each.cause.code, "message": each.cause.message} if each.cause else None,
    }

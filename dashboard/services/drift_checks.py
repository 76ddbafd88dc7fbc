"""When Pipelines are checked for Drift, and why one is not.

A check is a Deployment that changes nothing. Each Pipeline has a minute of its own, so that a
fleet is not checked at once. What stands in the way puts a check off, and is said on the page.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard import audit
from dashboard.models import Deployment, DriftWatch, Pipeline, User
from dashboard.services import maintenance_rows
from dashboard.services.entering import require_level
from dashboard.services.managing import require_managed
from provisioning.contracts import Level
from provisioning.errors import InvalidInput, NotPossible

AT_ONCE = 2  # a check is never urgent
AGAIN = timedelta(minutes=10)  # after what stands in the way for a while
LONGEST = 24 * 7  # hours between two checks
PRIME = 7919  # spreads neighbouring ids over the hours
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

Operation = Deployment.Operation
UNFINISHED = (
    Deployment.Status.QUEUED,
    Deployment.Status.RUNNING,
)


def watch_of(pipeline: Pipeline) -> DriftWatch:
    return DriftWatch.objects.get_or_create(pipeline=pipeline)[0]


def hours_of(watch: DriftWatch) -> int:
    """Between two checks; 0: never."""
    return settings.DRIFT_CHECK_HOURS if watch.every_hours is None else watch.every_hours


def set_every(*, actor: User, pipeline: Pipeline, hours: int | None) -> DriftWatch:
    """Every so many hours, 0 for never, None as the instance has it."""
    require_managed(pipeline)
    if hours is not None and not 0 <= hours <= LONGEST:
        raise InvalidInput.at("every_hours", f"A number of hours from 1 to {LONGEST}; 0: never.")
    watch = watch_of(pipeline)
    watch.every_hours = hours
    watch.due_at = next_due(pipeline, hours_of(watch), timezone.now())
    watch.save(update_fields=["every_hours", "due_at"])
    detail = {"every_hours": hours}
    audit.record(actor=actor, action="drift.schedule", subject=pipeline, detail=detail)
    return watch


def soon(pipeline: Pipeline) -> None:
    """Have it checked with the next tick, unless people switched checks off."""
    watch = watch_of(pipeline)
    if hours_of(watch):
        DriftWatch.objects.filter(pk=watch.pk).update(due_at=timezone.now())


def next_due(pipeline: Pipeline, hours: int, after: datetime) -> datetime | None:
    """The Pipeline's own minute of every `hours`."""
    if not hours:
        return None
    step = timedelta(hours=hours)
    first = EPOCH + timedelta(minutes=pipeline.pk * PRIME % (hours * 60))
    return first + ((after - first) // step + 1) * step


def due() -> list[Pipeline]:
    """Those whose time has come and in whose way nothing stands, a few at once. Others are put
    off, each with its reason. One query where there is nothing to do."""
    now = timezone.now()
    rows = list(_watched().filter(_new() | _come(now)).order_by("drift_watch__due_at"))
    waiting = [row for row in rows if not _begin_if_new(row, now)]
    free = AT_ONCE - _under_way() if waiting else 0
    found: list[Pipeline] = []
    for pipeline in waiting:
        if len(found) >= free:
            break
        if reason := hindrance(pipeline):
            _put_off(pipeline, reason, now)
        else:
            found.append(pipeline)
    return found


def hindrance(pipeline: Pipeline) -> str:
    """Why it cannot be checked now; "" where it can."""
    try:
        require_managed(pipeline)
        require_level(pipeline.connection, Level.DEPLOY)
    except NotPossible as error:
        return str(error)
    if not pipeline.may_exist_in_cloud or pipeline.deployed_version_id is None:
        return f"Nothing of {pipeline.name} is deployed in whole."
    if pipeline.deployments.filter(status__in=UNFINISHED).exists():
        return "A deployment of it is under way."
    if maintenance_rows.holding(pipeline).exists():
        return "A maintenance holds its triggers."
    return ""


def note_asked(pipeline: Pipeline, check: Deployment) -> None:
    watch = watch_of(pipeline)
    now = timezone.now()
    DriftWatch.objects.filter(pk=watch.pk).update(
        last_check=check,
        due_at=next_due(pipeline, hours_of(watch), now),
        skipped="",
        skipped_at=None,
    )


def _watched() -> QuerySet[Pipeline]:
    rows = Pipeline.objects.filter(managed=True, archived_at=None, deployed_version__isnull=False)
    return rows.select_related("connection", "drift_watch")


def _new() -> Q:
    """Deployed since the last tick, or not to be checked until the instance's setting changed."""
    usual = Q(drift_watch__due_at=None, drift_watch__every_hours=None)
    return Q(drift_watch=None) | usual if settings.DRIFT_CHECK_HOURS else Q(pk=None)


def _come(now: datetime) -> Q:
    farthest = now + timedelta(hours=2 * LONGEST)  # the clock was put back since
    return Q(drift_watch__due_at__lte=now) | Q(drift_watch__due_at__gt=farthest)


def _begin_if_new(pipeline: Pipeline, now: datetime) -> bool:
    """Give it its minute; it is not checked at once."""
    watch = watch_of(pipeline)
    if watch.due_at is not None:
        return False
    due_at = next_due(pipeline, hours_of(watch), now)
    DriftWatch.objects.filter(pk=watch.pk).update(due_at=due_at)
    return True


def _under_way() -> int:
    checks = Deployment.objects.filter(operation=Operation.CHECK, status__in=UNFINISHED)
    return checks.count()


def _put_off(pipeline: Pipeline, reason: str, now: datetime) -> None:
    busy = pipeline.deployments.filter(status__in=UNFINISHED).exists()
    held = maintenance_rows.holding(pipeline).exists()
    hours = hours_of(pipeline.drift_watch)
    due_at = now + AGAIN if busy or held else next_due(pipeline, hours, now)
    DriftWatch.objects.filter(pipeline=pipeline).update(
        due_at=due_at, skipped=reason[:300], skipped_at=now
    )

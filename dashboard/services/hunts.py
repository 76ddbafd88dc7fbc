"""The ghost hunt: what starts runs in an account and no Pipeline owns, and Triggers of Pipelines
that are gone or stopped there.

Each account is looked at by one of its Connections, every few minutes, by a worker. A look that
fails is noted and changes no row: what could not be read is neither found nor gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from dashboard.models import AuditEntry, Connection, Deployment, Ghost, Hunt, Pipeline, Trigger
from dashboard.services import own_triggers
from dashboard.services.connections import access_for
from dashboard.services.entering import require_level
from dashboard.services.pipelines import spec_in_cloud
from provisioning import clouds
from provisioning.blueprints import registry
from provisioning.clouds.session import Session
from provisioning.contracts import Claims, Cloud, Level, NativeTrigger
from provisioning.errors import SkyclockError

EVERY, SANDBOX_EVERY = timedelta(minutes=5), timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
LEASE = timedelta(minutes=10)
MOST = 5000  # schedules and triggers of one account
OURS = "skyclock-"  # what all names begin with that Skyclock gives
# A resume writes the wish first; Event Grid takes minutes to follow.
RESUMING = timedelta(minutes=4)


@dataclass(frozen=True)
class Seen:
    """A Ghost as one look found it."""

    kind: Ghost.Kind
    cloud_id: str
    name: str
    what: str
    native: str
    running: bool
    message: str
    pipeline: Pipeline | None
    trigger: Trigger | None = None


def due() -> list[int]:
    """Connections whose account is to be looked at now: one for each account in which Skyclock
    ever deployed something."""
    ups = Deployment.objects.filter(
        pipeline__connection=OuterRef("pk"), operation="up", finished_at__isnull=False
    )
    rows = Connection.objects.filter(Exists(ups), enabled=True, removed_at=None).exclude(account="")
    leaders: dict[tuple[str, str, str], Connection] = {}
    for row in rows.select_related("hunt").order_by("pk"):
        leaders.setdefault((row.cloud, row.account, row.region), row)
    return [row.pk for row in leaders.values() if _is_due(row)]


def look(connection_id: int) -> None:
    """Look now, unless somebody does already."""
    connection = Connection.objects.get(pk=connection_id)
    hunt, _ = Hunt.objects.get_or_create(connection=connection)
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE)
    if not Hunt.objects.filter(free, pk=hunt.pk).update(lease_until=now + LEASE):
        return
    try:
        seen = _look(connection)
        _save(connection, _without_changing(connection, seen, since=now))
    except SkyclockError as error:
        _note_failure(hunt, error)
        raise
    finally:
        Hunt.objects.filter(pk=hunt.pk).update(lease_until=None)
    pause = SANDBOX_EVERY if connection.sandbox else EVERY
    end = timezone.now()
    rows = Hunt.objects.filter(pk=hunt.pk)
    rows.update(looked_at=end, due_at=end + pause, error="", failures=0)


def soon(connection: Connection) -> None:
    """Have it looked at with the next tick."""
    Hunt.objects.update_or_create(connection=connection, defaults={"due_at": timezone.now()})


def put_off(connection_id: int) -> None:
    """Before a message is sent, so that ticks do not pile them up."""
    again = timezone.now() + SANDBOX_EVERY
    Hunt.objects.update_or_create(connection_id=connection_id, defaults={"due_at": again})


def _is_due(connection: Connection) -> bool:
    hunt = getattr(connection, "hunt", None)
    now = timezone.now()
    if hunt is None or hunt.due_at is None:
        return True
    put_back = hunt.due_at > now + 2 * LONGEST_PAUSE
    return bool(hunt.due_at <= now or put_back)


def _note_failure(hunt: Hunt, error: SkyclockError) -> None:
    failures = hunt.failures + 1
    pause = min(SANDBOX_EVERY * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    due_at = timezone.now() + pause
    rows = Hunt.objects.filter(pk=hunt.pk)
    rows.update(error=str(error), failures=failures, due_at=due_at)


# ── Looking ─────────────────────────────────────────────────────────────────────────


def _look(connection: Connection) -> list[Seen]:
    require_level(connection, Level.OBSERVE)
    session = clouds.open_session(access_for(connection))
    pipelines = _neighbours(connection)
    # Before the account is read: what is being made meanwhile belongs to a Deployment by then.
    owners = [Owner.of(row) for row in pipelines.filter(archived_at=None, may_exist_in_cloud=True)]
    found = _in_account(connection, session, owners, pipelines)
    return found + [seen for owner in owners for seen in _of_triggers(owner.pipeline)]


def _neighbours(connection: Connection) -> QuerySet[Pipeline]:
    """All Pipelines of the account, whichever Connection they are on."""
    return Pipeline.objects.filter(
        connection__cloud=connection.cloud,
        connection__account=connection.account,
        connection__region=connection.region,
    ).select_related("connection", "deployed_version", "current_version")


def _without_changing(connection: Connection, found: list[Seen], *, since: datetime) -> list[Seen]:
    """Without what a Deployment that ran meanwhile may be making or taking away."""
    running = Q(status=Deployment.Status.RUNNING) | Q(finished_at__gte=since)
    busy = Deployment.objects.filter(running, pipeline__in=_neighbours(connection))
    slugs = {f"{OURS}{slug}" for slug in busy.values_list("pipeline__slug", flat=True)}
    return [
        each
        for each in found
        if each.trigger or not any(_last(each.name).startswith(slug) for slug in slugs)
    ]


@dataclass(frozen=True)
class Owner:
    """A Pipeline that may be in the cloud, and what there is its own."""

    pipeline: Pipeline
    claims: Claims
    changing: bool  # a Deployment is under way, or left it half done

    @classmethod
    def of(cls, pipeline: Pipeline) -> Owner:
        spec = spec_in_cloud(pipeline)
        last = pipeline.deployments.exclude(operation="preview").order_by("-id").first()
        done = last is None or last.status in ("succeeded", "queued")
        claims = registry.get(pipeline.blueprint).claims(spec)
        return cls(pipeline=pipeline, claims=claims, changing=not done)

    def owns(self, native: NativeTrigger) -> bool:
        if native.name in self.claims.names:
            return True
        return self.changing and _last(native.name).startswith(f"{OURS}{self.pipeline.slug}")

    def is_started_by(self, native: NativeTrigger) -> bool:
        return not self.claims.targets.isdisjoint(native.targets)


def _in_account(
    connection: Connection, session: Session, owners: list[Owner], pipelines: QuerySet[Pipeline]
) -> list[Seen]:
    hunter = registry.hunter(Cloud(connection.cloud))
    found = []
    for native in islice(hunter.listed(session), MOST):
        if any(owner.owns(native) for owner in owners):
            continue
        named_so = _last(native.name).startswith(OURS)
        started = next((each.pipeline for each in owners if each.is_started_by(native)), None)
        if not named_so and started is None:
            continue
        whole = hunter.described(session, native)
        found.append(_unowned(whole, pipelines) if named_so else _foreign(whole, started))
    return found


def _unowned(native: NativeTrigger, pipelines: QuerySet[Pipeline]) -> Seen:
    before = _named_after(native, pipelines)
    if before is None:
        why = "No pipeline here has this name: another Skyclock may have made it."
    elif before.archived_at or not before.may_exist_in_cloud:
        gone = "deleted" if before.archived_at else "destroyed"
        why = f"{before.name} was {gone}, and this was left in the cloud."
    else:
        why = f"No trigger of {before.name} asks for it."
    return _seen(Ghost.Kind.UNOWNED, native, before, why)


def _foreign(native: NativeTrigger, started: Pipeline | None) -> Seen:
    why = f"It starts {started}, and Skyclock did not make it."
    return _seen(Ghost.Kind.FOREIGN, native, started, why)


def _seen(kind: Ghost.Kind, native: NativeTrigger, pipeline: Pipeline | None, why: str) -> Seen:
    return Seen(
        kind=kind,
        cloud_id=native.cloud_id,
        name=native.name[:200],
        what=native.kind,
        native=native.native[:400],
        running=native.running,
        message=why[:400],
        pipeline=pipeline,
    )


def _named_after(native: NativeTrigger, pipelines: QuerySet[Pipeline]) -> Pipeline | None:
    """By the slug in its name; the longest that fits."""
    rest = f"{_last(native.name).removeprefix(OURS)}-"
    fitting = [row for row in pipelines.order_by("pk") if rest.startswith(f"{row.slug}-")]
    return max(fitting, key=lambda row: len(row.slug), default=None)


def _last(name: str) -> str:
    return name.rpartition("/")[2]


# ── Triggers that ought to fire ─────────────────────────────────────────────────────


def _of_triggers(pipeline: Pipeline) -> list[Seen]:
    """By the last proof, which is at most a pull old."""
    if pipeline.deployed_version is None or _is_changing(pipeline):
        return []
    rows = pipeline.triggers.filter(
        removed_at=None,
        paused=False,
        state__in=[Trigger.State.PAUSED, Trigger.State.MISSING],
        key__in=[each["key"] for each in pipeline.deployed_version.triggers],
    ).exclude(kind__in=own_triggers.OWN)
    return [_stopped(pipeline, row) for row in rows if not _is_being_resumed(row)]


def _is_changing(pipeline: Pipeline) -> bool:
    return pipeline.deployments.filter(status=Deployment.Status.RUNNING).exists()


def _is_being_resumed(trigger: Trigger) -> bool:
    return AuditEntry.objects.filter(
        subject_kind="trigger",
        subject_id=str(trigger.pk),
        action="trigger.resume",
        at__gt=timezone.now() - RESUMING,
    ).exists()


def _stopped(pipeline: Pipeline, trigger: Trigger) -> Seen:
    missing = trigger.state == Trigger.State.MISSING
    why = "The cloud does not have it any more." if missing else "Somebody stopped it in the cloud."
    return Seen(
        kind=Ghost.Kind.MISSING if missing else Ghost.Kind.STOPPED,
        cloud_id=f"trigger:{trigger.pk}",
        name=f"{pipeline.name}: {trigger.key}",
        what="Trigger of a pipeline",
        native="; ".join(trigger.native)[:400],
        running=False,
        message=(trigger.message or why)[:400],
        pipeline=pipeline,
        trigger=trigger,
    )


# ── Saving ──────────────────────────────────────────────────────────────────────────


@transaction.atomic
def _save(connection: Connection, found: Sequence[Seen]) -> None:
    now = timezone.now()
    present = {row.cloud_id: row for row in _open(connection).select_for_update()}
    for seen in found:
        if seen.cloud_id in present:
            _again(present.pop(seen.cloud_id), seen, now)
        else:
            Ghost.objects.create(
                connection=connection, first_seen=now, last_seen=now, **_values(seen)
            )
    _resolve(present.values(), now)


def _again(row: Ghost, seen: Seen, now: datetime) -> None:
    values = _values(seen)
    if (row.kind, row.native, row.running) != (seen.kind, seen.native, seen.running):
        values |= {"ignored_at": None, "ignored_by": None}  # not what was looked away from
    Ghost.objects.filter(pk=row.pk).update(last_seen=now, **values)


def _resolve(rows: Iterable[Ghost], now: datetime) -> None:
    Ghost.objects.filter(pk__in=[row.pk for row in rows]).update(resolved_at=now)


def _open(connection: Connection) -> QuerySet[Ghost]:
    return Ghost.objects.filter(connection=connection, resolved_at=None)


def _values(seen: Seen) -> dict[str, object]:
    return {
        "kind": seen.kind,
        "cloud_id": seen.cloud_id,
        "name": seen.name[:200],
        "what": seen.what,
        "native": seen.native,
        "running": seen.running,
        "message": seen.message,
        "pipeline": seen.pipeline,
        "trigger": seen.trigger,
    }

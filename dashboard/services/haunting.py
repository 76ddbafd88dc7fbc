"""What haunts an account: what starts runs there and no Pipeline owns, and Triggers of Pipelines
that are gone or stopped. Reads the cloud and the rows; writes neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard.audit import Purpose
from dashboard.models import AuditEntry, Connection, Deployment, Ghost, Pipeline, Trigger
from dashboard.services import own_triggers
from dashboard.services.entering import require_level
from dashboard.services.opening import access_for
from dashboard.services.pipelines import spec_in_cloud
from provisioning import clouds
from provisioning.blueprints import registry
from provisioning.contracts import Claims, Cloud, Level, NativeTrigger
from provisioning.errors import PermissionDenied

MOST = 5000  # of each kind in one account
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


Unread = dict[str, str]  # kinds of which the account may not be asked, and why


def find(connection: Connection) -> tuple[list[Seen], Unread]:
    """All that there is now, and the kinds that the credential may not list."""
    require_level(connection, Level.OBSERVE)
    session = clouds.open_session(access_for(connection, Purpose.HUNT))
    pipelines = _neighbours(connection)
    # Before the account is read: what is being made meanwhile belongs to a Deployment by then.
    owners = [Owner.of(row) for row in pipelines.filter(may_exist_in_cloud=True)]
    watched = [owner for owner in owners if not owner.let_go]
    found = [seen for owner in watched for seen in _of_triggers(owner.pipeline)]
    hunter, unread = registry.hunter(Cloud(connection.cloud)), Unread()
    for kind in hunter.kinds:
        try:
            listed = islice(hunter.listed(session, kind), MOST)
            for native, started in _ghostly(listed, owners):
                whole = hunter.described(session, native)
                found.append(_judged(whole, started, pipelines))
        except PermissionDenied as error:
            unread[kind] = str(error)
    return found, unread


def _neighbours(connection: Connection) -> QuerySet[Pipeline]:
    """All Pipelines of the account, whichever Connection they are on."""
    return Pipeline.objects.filter(
        managed=True,  # what starts a watched one is no Ghost: it was never to be ours
        connection__cloud=connection.cloud,
        connection__account=connection.account,
        connection__region=connection.region,
    ).select_related("connection", "deployed_version", "current_version")


def without_changing(connection: Connection, found: list[Seen], *, since: datetime) -> list[Seen]:
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
        last = (
            pipeline.deployments.exclude(operation__in=["preview", "check"]).order_by("-id").first()
        )
        done = last is None or last.status in ("succeeded", "queued")
        claims = registry.get(pipeline.blueprint).claims(spec)
        return cls(pipeline=pipeline, claims=claims, changing=not done)

    @property
    def let_go(self) -> bool:
        """Archived with what it has in the cloud: known, and not watched any more."""
        return self.pipeline.archived_at is not None

    def owns(self, native: NativeTrigger) -> bool:
        if native.name in self.claims.names:
            return True
        return self.changing and _last(native.name).startswith(f"{OURS}{self.pipeline.slug}")

    def is_started_by(self, native: NativeTrigger) -> bool:
        return not self.claims.targets.isdisjoint(native.targets)


def _ghostly(
    listed: Iterable[NativeTrigger], owners: list[Owner]
) -> Iterator[tuple[NativeTrigger, Pipeline | None]]:
    """What nobody owns and has a name of ours, or starts a Pipeline: with that one."""
    for native in listed:
        if any(owner.owns(native) for owner in owners):
            continue
        watched = (owner for owner in owners if not owner.let_go)
        started = next((each.pipeline for each in watched if each.is_started_by(native)), None)
        if started or _last(native.name).startswith(OURS):
            yield native, started


def _judged(native: NativeTrigger, started: Pipeline | None, pipelines: QuerySet[Pipeline]) -> Seen:
    named_so = _last(native.name).startswith(OURS)
    return _unowned(native, pipelines) if named_so else _foreign(native, started)


def _unowned(native: NativeTrigger, pipelines: QuerySet[Pipeline]) -> Seen:
    before = _named_after(native, pipelines)
    if before is None:
        why = "No pipeline here has this name: another Skyclock may have made it."
    elif before.archived_at and before.may_exist_in_cloud:
        why = f"Skyclock let go of {before.name}, and it did not have this then."
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
    if pipeline.deployed_version is None or pipeline.being_deployed:
        return []
    rows = pipeline.triggers.filter(
        removed_at=None,
        paused=False,
        state__in=[Trigger.State.PAUSED, Trigger.State.MISSING],
        key__in=[each["key"] for each in pipeline.deployed_version.triggers],
    ).exclude(kind__in=own_triggers.OWN)
    return [_stopped(pipeline, row) for row in rows if not _is_being_resumed(row)]


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

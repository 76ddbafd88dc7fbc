"""What the first page says: what fires next, what failed, how fresh it all is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from dashboard.access import Visitor, visible_deployments, visible_pipelines, visible_runs
from dashboard.models import (
    Connection,
    Deployment,
    DriftWatch,
    Ghost,
    Lifetime,
    Maintenance,
    Pipeline,
    Run,
    Trigger,
)
from dashboard.queries._drifts import Drifted, broken_checks, drifted, ending
from dashboard.queries._ghosts import ghosts
from dashboard.queries._maintenances import holdings
from dashboard.queries._occurrences import Shown as ShownOccurrence
from dashboard.queries._occurrences import troubled
from dashboard.queries._pipelines import next_occurrences

STALE_AFTER = timedelta(minutes=5)
ACTIVE = (Deployment.Status.QUEUED, Deployment.Status.RUNNING)
BROKEN = (Deployment.Status.FAILED, Deployment.Status.INTERRUPTED)


@dataclass(frozen=True)
class FirstSteps:
    """What a new installation has seen already; the page leads to the first that is missing."""

    connection: bool
    pipeline: bool
    deployed: bool
    run: bool

    @property
    def done(self) -> bool:
        return self.connection and self.pipeline and self.deployed and self.run


@dataclass(frozen=True)
class Overview:
    first_steps: FirstSteps
    next: tuple[Trigger, ...]
    running: tuple[Run, ...]
    failed: tuple[Run, ...]  # of the last day by each Connection's own clock
    occurrences: tuple[ShownOccurrence, ...]  # missed or late, of the same day
    active_deployments: tuple[Deployment, ...]
    awaiting: tuple[Deployment, ...]  # somebody's approval
    broken_deployments: tuple[Deployment, ...]  # the last attempt of its Pipeline failed
    unsynced: tuple[Pipeline, ...]  # deployed, and not looked at for long
    ghosts: tuple[Ghost, ...]  # but for missing triggers, which their Pipelines tell of
    maintenances: tuple[Maintenance, ...]  # going on now
    drifted: tuple[Drifted, ...]
    broken_checks: tuple[DriftWatch, ...]  # the last drift check failed
    ending: tuple[Lifetime, ...]  # within a day


def overview(user: Visitor, now: datetime) -> Overview:
    """The same number of queries however much there is; `now` is real time."""
    deployments = visible_deployments(user).filter(pipeline__archived_at=None)
    pipelines = visible_pipelines(user)
    last = pipelines.values("last_deployment_id")
    stale = Q(synced_at=None) | Q(synced_at__lt=now - STALE_AFTER) | ~Q(sync_error="")
    haunting = ghosts(user, ignored=False).exclude(kind=Ghost.Kind.MISSING)
    return Overview(
        first_steps=_first_steps(),
        next=tuple(next_occurrences(user, limit=8)),
        running=tuple(visible_runs(user).filter(status__in=["queued", "running"])[:10]),
        failed=tuple(_failed(user, now)),
        occurrences=tuple(troubled(user, now)),
        active_deployments=tuple(deployments.filter(status__in=ACTIVE).order_by("-id")[:10]),
        awaiting=tuple(
            deployments.filter(status=Deployment.Status.AWAITING_APPROVAL).order_by("id")[:10]
        ),
        broken_deployments=tuple(
            deployments.filter(status__in=BROKEN, pk__in=last).order_by("-id")[:10]
        ),
        unsynced=tuple(pipelines.filter(stale, deployed_version__isnull=False)[:10]),
        ghosts=tuple(haunting[:10]),
        maintenances=tuple(holdings(user)),
        drifted=tuple(drifted(user)),
        broken_checks=tuple(broken_checks(user)),
        ending=tuple(ending(user)),
    )


def _failed(user: Visitor, now: datetime) -> list[Run]:
    rows = visible_runs(user).filter(status=Run.Status.FAILED, pipeline__archived_at=None)
    found = rows.order_by("-started", "-id")[:30]
    day = timedelta(days=1)
    recent = [run for run in found if run.started >= run.pipeline.connection.now(now) - day]
    return recent[:10]


def _first_steps() -> FirstSteps:
    return FirstSteps(
        connection=Connection.objects.filter(removed_at=None).exists(),
        pipeline=Pipeline.objects.exists(),
        deployed=Pipeline.objects.filter(deployed_version__isnull=False).exists(),
        run=Run.objects.exists(),
    )

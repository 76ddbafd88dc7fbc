"""The first page: what needs a person, what fires next, how the last runs went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard import queries
from dashboard.access import Visitor, is_member, member_required
from dashboard.models import Connection, Occurrence, Run, Trigger
from dashboard.queries import Overview, PipelineRow, ShownOccurrence

TROUBLED = (Trigger.State.MISSING, Trigger.State.UNKNOWN)


@dataclass(frozen=True)
class Failures:
    """The failed runs of one Pipeline in the last day."""

    last: Run
    count: int

    @property
    def url(self) -> str:
        if self.count == 1:
            return reverse("run", args=[self.last.pk])
        return f"{reverse('runs')}?pipeline={self.last.pipeline_id}&status=failed"


@dataclass(frozen=True)
class Starts:
    """The missed, or the late, starts of one Pipeline in the last day."""

    last: ShownOccurrence
    count: int

    @property
    def url(self) -> str:
        page = reverse("pipeline-ledger", args=[self.last.pipeline.pk])
        return f"{page}?status={self.last.status}"


@member_required
@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    now = datetime.now(UTC)
    seen = queries.overview(request.user, now)
    rows = queries.pipeline_list(request.user)
    triggers = _troubled_triggers(rows)
    context = {
        "seen": seen,
        "rows": rows,
        "triggers": triggers,
        "needs_you": _needs_you(seen, triggers),
        "failures": _by_pipeline(seen.failed),
        "starts": _starts(seen.occurrences),
        "accounts": queries.accounts(request.user),
        "hours": queries.agenda(request.user, now),
        "expiring": _expiring(request.user, now),
        "sandbox_shown": any(row.pipeline.connection.sandbox for row in rows),
    }
    return render(request, "overview.html", context)


def _expiring(user: Visitor, now: datetime) -> list[tuple[Connection, str, bool]]:
    """For admins, who alone can do something about it."""
    if not (is_member(user) and user.is_admin):
        return []
    rows = queries.expiring(user, now)
    return [
        (row, queries.expiry_sentence(row, now), bool(row.expires_at and row.expires_at <= now))
        for row in rows
    ]


def _needs_you(seen: Overview, triggers: list[Trigger]) -> int:
    stale = [pipeline for pipeline in seen.unsynced if pipeline.sync_error]
    deployments = len(seen.broken_deployments) + len(seen.awaiting)
    ghosts = len(seen.ghosts) + len(seen.maintenances)
    ghosts += len(seen.drifted) + len(seen.broken_checks) + len(seen.ending)
    runs = len(seen.failed) + len(seen.occurrences)
    return runs + deployments + len(triggers) + len(stale) + ghosts


def _by_pipeline(failed: Sequence[Run]) -> list[Failures]:
    """One line for each Pipeline, so that a bad night of one does not hide the others."""
    groups: dict[int, list[Run]] = {}
    for run in failed:
        groups.setdefault(run.pipeline_id, []).append(run)
    return [Failures(last=runs[0], count=len(runs)) for runs in groups.values()]


def _starts(troubled: Sequence[ShownOccurrence]) -> list[Starts]:
    """One line for each Pipeline and status, missed ones first."""
    groups: dict[tuple[int, str], list[ShownOccurrence]] = {}
    for each in troubled:
        groups.setdefault((each.pipeline.pk, each.status), []).append(each)
    found = [Starts(last=all[0], count=len(all)) for all in groups.values()]
    return sorted(found, key=lambda one: one.last.status != Occurrence.Status.MISSED)


def _troubled_triggers(rows: list[PipelineRow]) -> list[Trigger]:
    """Triggers that were deployed once and are not known to be there now."""
    deployed = [row for row in rows if row.pipeline.may_exist_in_cloud and not row.pipeline.gone_at]
    return [
        trigger
        for row in deployed
        for trigger in row.triggers
        if trigger.state in TROUBLED and trigger.verified_at
    ]

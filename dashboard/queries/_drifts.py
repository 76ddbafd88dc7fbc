"""Drift as pages and the API show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from dashboard.access import Visitor, visible_pipelines
from dashboard.models import Deployment, Drift, DriftWatch, Lifetime, Pipeline

BROKEN = (Deployment.Status.FAILED, Deployment.Status.INTERRUPTED)
WARNED = timedelta(days=1)  # before its end a Lifetime needs people
MOST_HISTORY = 100


@dataclass(frozen=True)
class Drifted:
    """A Pipeline of which something differs."""

    pipeline: Pipeline
    count: int
    first: Drift


def open_drifts(pipeline: Pipeline) -> list[Drift]:
    """Those that matter first."""
    return list(pipeline.drifts.filter(resolved_at=None))


def ended_drifts(pipeline: Pipeline, *, limit: int = MOST_HISTORY) -> list[Drift]:
    rows = pipeline.drifts.filter(resolved_at__isnull=False, cosmetic=False)
    return list(rows.select_related("resolved_by", "version").order_by("-resolved_at")[:limit])


def drift_watch(pipeline: Pipeline) -> DriftWatch | None:
    return DriftWatch.objects.filter(pipeline=pipeline).select_related("last_check").first()


def drifted(user: Visitor, *, limit: int = 10) -> list[Drifted]:
    """Two queries, however many there are."""
    matters = Q(drifts__resolved_at=None, drifts__cosmetic=False)
    rows = visible_pipelines(user).filter(matters)
    rows = rows.annotate(found=Count("drifts", filter=matters), oldest=Min("drifts__first_seen"))
    found = list(rows.order_by("oldest")[:limit])
    first: dict[int, Drift] = {}
    open_ones = Drift.objects.filter(pipeline__in=found, resolved_at=None, cosmetic=False)
    for drift in open_ones.order_by("first_seen", "id"):
        first.setdefault(drift.pipeline_id, drift)
    return [Drifted(each, each.found, first[each.pk]) for each in found if each.pk in first]


def broken_checks(user: Visitor, *, limit: int = 10) -> list[DriftWatch]:
    """Pipelines whose last drift check came to no good end."""
    rows = DriftWatch.objects.filter(
        last_check__status__in=BROKEN, pipeline__in=visible_pipelines(user).values("pk")
    )
    return list(rows.select_related("pipeline__connection", "last_check")[:limit])


def ending(user: Visitor, *, limit: int = 10) -> QuerySet[Lifetime]:
    """Lifetimes that end within a day, or ended and left something."""
    rows = Lifetime.objects.filter(
        Q(ends_at__lte=timezone.now() + WARNED) | ~Q(error=""),
        pipeline__in=visible_pipelines(user).values("pk"),
    )
    return rows.select_related("pipeline__connection", "deployment").order_by("ends_at")[:limit]


def lifetime_of(pipeline: Pipeline) -> Lifetime | None:
    return Lifetime.objects.filter(pipeline=pipeline).select_related("deployment").first()

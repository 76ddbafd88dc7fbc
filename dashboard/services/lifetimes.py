"""Lifetimes: a Pipeline that is destroyed by itself at a moment that people were shown."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone as clock

from dashboard import audit, times
from dashboard.models import Lifetime, Pipeline, User
from dashboard.services.entering import require_level
from dashboard.services.managing import require_managed
from provisioning.contracts import Level
from provisioning.errors import InvalidInput, NotPossible

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(days=3660)
WARNED = timedelta(days=1)  # before its end it needs people
AGAIN = timedelta(minutes=5)


@transaction.atomic
def set_end(
    *, actor: User, pipeline: Pipeline, ends_at: datetime, timezone: str = "UTC", confirm: str = ""
) -> Lifetime:
    """Have it destroyed then. That asks for its name, typed; a later end than the present one
    does not. A destroy that failed is asked for again at the new end."""
    row = Pipeline.objects.select_for_update(of=("self",)).select_related("connection")
    pipeline = row.get(pk=pipeline.pk)
    if pipeline.archived_at:
        raise NotPossible("This pipeline was deleted.")
    require_managed(pipeline)
    require_level(pipeline.connection, Level.DEPLOY)
    present = Lifetime.objects.filter(pipeline=pipeline).first()
    if timezone not in times.zone_names():
        raise InvalidInput.at("timezone", f"There is no time zone '{timezone}'.", "unknown")
    _require_possible(ends_at)
    later = present is not None and ends_at >= present.ends_at
    if not later and confirm != pipeline.name:
        raise InvalidInput.at("confirm", f"Type the name {pipeline.name} to have it destroyed.")
    values = {
        "ends_at": ends_at, "due_at": ends_at, "timezone": timezone, "set_by": actor,
        "set_at": clock.now(), "deployment": None, "error": "",
    }  # fmt: skip
    lifetime, _ = Lifetime.objects.update_or_create(pipeline=pipeline, defaults=values)
    action = "lifetime.extend" if later else "lifetime.set"
    detail = {"ends_at": ends_at.isoformat()}
    audit.record(actor=actor, action=action, subject=pipeline, detail=detail)
    return lifetime


@transaction.atomic
def remove(*, actor: User, pipeline: Pipeline) -> None:
    """It stays until somebody destroys it."""
    gone, _ = Lifetime.objects.filter(pipeline=pipeline).delete()
    if not gone:
        raise NotPossible(f"{pipeline.name} has no end.")
    audit.record(actor=actor, action="lifetime.remove", subject=pipeline)


def due() -> list[Lifetime]:
    """Those whose end has come, and whose destroy was not asked for yet."""
    now = clock.now()
    rows = Lifetime.objects.filter(
        ends_at__lte=now, due_at__lte=now, deployment=None, pipeline__archived_at=None
    )
    return list(rows.select_related("pipeline__connection").order_by("ends_at"))


def end_without(lifetime: Lifetime) -> None:
    """Nothing of it is in the cloud, so there is nothing to destroy."""
    audit.record(actor=None, action="lifetime.end", subject=lifetime.pipeline)
    lifetime.delete()


def note_failure(lifetime: Lifetime, why: str) -> None:
    """It could not be asked for; that is tried again, and said."""
    rows = Lifetime.objects.filter(pk=lifetime.pk)
    rows.update(error=why, due_at=clock.now() + AGAIN)


def destroyed(pipeline: Pipeline) -> None:
    Lifetime.objects.filter(pipeline=pipeline).delete()


def _require_possible(ends_at: datetime) -> None:
    ahead = ends_at - clock.now()
    if ahead < SHORTEST:
        raise InvalidInput.at("ends_at", "The end has to be five minutes from now, or later.")
    if ahead > LONGEST:
        raise InvalidInput.at("ends_at", "The end has to be within the next ten years.")

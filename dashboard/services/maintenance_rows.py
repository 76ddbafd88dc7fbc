"""Which Triggers a Maintenance holds: the rows only, for the services beneath it.

A definition that is saved, and a person who pauses or resumes, write here what that means for
a Maintenance that is under way.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard.models import Maintenance, MaintenanceTrigger, Pipeline, Trigger, User


def holding(pipeline: Pipeline) -> QuerySet[Maintenance]:
    """Those that keep this Pipeline's triggers paused now."""
    if not pipeline.managed:
        return Maintenance.objects.none()
    covers = Q(connection=pipeline.connection_id) | Q(pipelines=pipeline.pk)
    return Maintenance.objects.filter(covers, state__in=Maintenance.HOLDING).distinct()


def join(pipeline: Pipeline) -> None:
    """A trigger that is saved during a Maintenance begins paused, and is switched on at its end."""
    found = holding(pipeline).select_related("clock")
    for maintenance in found:
        for trigger in pipeline.triggers.filter(removed_at=None):
            _join(maintenance, trigger)


def _join(maintenance: Maintenance, trigger: Trigger) -> None:
    row, new = MaintenanceTrigger.objects.get_or_create(
        maintenance=maintenance,
        trigger=trigger,
        defaults={
            "was_paused": trigger.paused,
            "paused_at": maintenance.now(timezone.now()),
            "outcome": "Saved during the maintenance.",
        },
    )
    if row.handed_over_at is None and (new or not trigger.paused):
        Trigger.objects.filter(pk=trigger.pk).update(paused=True)


def hand_over(trigger: Trigger, actor: User) -> None:
    """A person paused or resumed it: the Maintenance does not touch it any more."""
    rows = MaintenanceTrigger.objects.filter(
        trigger=trigger,
        maintenance__state__in=Maintenance.OPEN,
        handed_over_at=None,
        restored_at=None,
    )
    rows.update(handed_over_at=timezone.now(), handed_over_to=actor)

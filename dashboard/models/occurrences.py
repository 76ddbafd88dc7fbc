from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q

from dashboard.models.pipelines import Pipeline, Trigger, Version
from dashboard.models.runs import Run

GRACE = timedelta(minutes=15)


def grace_of(trigger: Trigger) -> timedelta:
    """As people want it now: a change of it needs no deployment."""
    minutes = trigger.config.get("grace_minutes")
    return timedelta(minutes=minutes) if minutes else GRACE


class Promise(models.Model):
    """A time in which a deployed schedule was to fire, by the Connection's clock.

    From `since` until `until` every due time is promised. Around it, from `began` until `ceased`,
    the cloud may have fired as well: a deployment or a pause takes a while, and at which moment
    of it the cloud changed its mind is not known.
    """

    class End(models.TextChoices):
        PAUSED = "paused", "Paused"
        EDITED = "edited", "Edited"
        REDEPLOYED = "redeployed", "Deployed again as it was"
        REMOVED = "removed", "Removed"
        DESTROYED = "destroyed", "Destroyed"

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="promises")
    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="promises")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="promises")
    definition = models.JSONField()  # the trigger's spec in that Version
    native = models.JSONField(default=list)  # as the cloud had it then, where it was read back
    fine_at = models.DateTimeField(null=True)  # when it was last seen to be as promised
    began = models.DateTimeField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    ceased = models.DateTimeField(null=True)
    ended = models.CharField(max_length=12, choices=End, blank=True)
    # All due times before this are Occurrences.
    written_until = models.DateTimeField()

    class Meta:
        ordering = ["began", "id"]
        indexes = [models.Index(fields=["pipeline", "since"])]
        constraints = [
            models.UniqueConstraint(
                fields=["trigger"], condition=Q(until=None), name="one_open_promise_per_trigger"
            )
        ]

    def __str__(self) -> str:
        return f"promise {self.pk}"


class Stoppage(models.Model):
    """A time in which the cloud's trigger was not as it was promised, and not by our hand.

    It began somewhere between `fine_at`, the last look before, and `noticed_at`.
    """

    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="stoppages")
    code = models.CharField(max_length=40)
    message = models.CharField(max_length=400)
    fine_at = models.DateTimeField(null=True)
    noticed_at = models.DateTimeField()
    until = models.DateTimeField(null=True)  # when it was seen to be as it should be again

    class Meta:
        ordering = ["noticed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["trigger"], condition=Q(until=None), name="one_open_stoppage_per_trigger"
            )
        ]

    def __str__(self) -> str:
        return f"stoppage {self.pk}"


class Occurrence(models.Model):
    """A start that a schedule promised, and the run that came of it; or a run that nobody
    promised. All times are the Connection's. Kept for as long as its Pipeline: a row is small."""

    class Status(models.TextChoices):
        DUE = "due", "Due"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        LATE = "late", "Late"
        MISSED = "missed", "Missed"
        EXTRA = "extra", "Extra"
        UNKNOWN = "unknown", "Unknown"

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="occurrences")
    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="occurrences")
    version = models.ForeignKey(
        Version, null=True, on_delete=models.PROTECT, related_name="occurrences"
    )
    due = models.DateTimeField(null=True)  # None of an extra one
    at = models.DateTimeField()  # its place in the ledger: when it was due, or an extra one began
    # A due one is answered for by then. When this has passed and the history was not read up to
    # it, its status is unknown; queries say so, because nobody writes while nobody can look.
    deadline = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DUE)
    run = models.OneToOneField(Run, null=True, on_delete=models.SET_NULL, related_name="occurrence")
    late_seconds = models.PositiveIntegerField(null=True)
    cause_code = models.CharField(max_length=40, blank=True)
    cause = models.CharField(max_length=400, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["pipeline", "at", "id"]),
            models.Index(fields=["pipeline", "status", "at", "id"]),
            models.Index(fields=["at", "id"]),
            models.Index(fields=["status", "at", "id"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["trigger", "due"], name="occurrence_once_per_due")
        ]

    def __str__(self) -> str:
        return f"occurrence {self.pk}"

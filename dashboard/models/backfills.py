from __future__ import annotations

from django.db import models

from dashboard.models.occurrences import Occurrence
from dashboard.models.people import User
from dashboard.models.pipelines import Pipeline
from dashboard.models.starts import Start


class Backfill(models.Model):
    """Starting chosen Occurrences after the fact, at a limited rate."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        ENDED = "ended", "Ended"
        STOPPED = "stopped", "Stopped"

    class DateForm(models.TextChoices):
        INSTANT = "instant", "2026-11-21T06:00:00Z"
        DATE = "date", "2026-11-21, in the schedule's zone"

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="backfills")
    note = models.CharField(max_length=200, blank=True)
    # The run parameter that is given the logical date: the time that the start was due at.
    date_parameter = models.CharField(max_length=256, blank=True)
    date_form = models.CharField(max_length=10, choices=DateForm, default=DateForm.INSTANT)
    parameters = models.JSONField(default=dict)  # the others that are not to have their defaults
    per_minute = models.PositiveIntegerField()
    at_once = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    asked_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(state="running"), name="backfills_to_go_on"
            )
        ]

    def __str__(self) -> str:
        return f"backfill {self.pk}"


class BackfillItem(models.Model):
    """One Occurrence of a Backfill. It waits for its turn, then has a Start."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RELEASED = "released", "Released"
        CANCELLED = "cancelled", "Cancelled"

    backfill = models.ForeignKey(Backfill, on_delete=models.CASCADE, related_name="items")
    occurrence = models.ForeignKey(
        Occurrence, on_delete=models.CASCADE, related_name="backfill_items"
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    start = models.ForeignKey(Start, null=True, on_delete=models.SET_NULL, related_name="items")
    released_at = models.DateTimeField(null=True)  # real time
    note = models.CharField(max_length=200, blank=True)  # why it was cancelled

    class Meta:
        ordering = ["occurrence__due", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["occurrence"],
                condition=~models.Q(state="cancelled"),
                name="occurrence_in_one_backfill",
            )
        ]

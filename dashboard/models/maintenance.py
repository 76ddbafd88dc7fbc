from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone

from dashboard.models.connections import Connection
from dashboard.models.people import User
from dashboard.models.pipelines import Pipeline, Trigger


class Maintenance(models.Model):
    """A time in which chosen Pipelines' triggers are paused, and after which exactly those that
    were on are on again. `since` and `until` are by the Connection's clock."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        PAUSING = "pausing", "Pausing"
        ACTIVE = "active", "In maintenance"
        RESTORING = "restoring", "Restoring"
        ENDED = "ended", "Ended"
        CANCELLED = "cancelled", "Cancelled"

    HOLDING = (State.PAUSING, State.ACTIVE)  # keeps triggers paused, also new ones
    OPEN = (State.PLANNED, *HOLDING, State.RESTORING)

    # All of a Connection's Pipelines, also those that are made meanwhile; or those chosen.
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.CASCADE, related_name="maintenances"
    )
    pipelines = models.ManyToManyField(Pipeline, related_name="maintenances")
    clock = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)  # None: until somebody ends it
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    note = models.CharField(max_length=400, blank=True)  # why it ended otherwise than planned
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)  # real time, as all that follow
    end_asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    end_asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now)
    enqueued_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)  # one worker at a time
    failures = models.PositiveIntegerField(default=0)  # in a row; the pause grows with it

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=~models.Q(state__in=["ended", "cancelled"]),
                name="maintenances_to_perform",
            )
        ]

    def __str__(self) -> str:
        return f"maintenance {self.pk}"

    @property
    def open(self) -> bool:
        return self.state in self.OPEN

    @property
    def holding(self) -> bool:
        return self.state in self.HOLDING

    @property
    def word(self) -> str:
        """For the table of states, where what is active runs."""
        return "in_maintenance" if self.state == self.State.ACTIVE else self.state

    def now(self, real: datetime) -> datetime:
        return self.clock.now(real)


class MaintenanceTrigger(models.Model):
    """One Trigger within a Maintenance: what it was before, and what was done to it. Written
    before anything is done, so that a crash forgets nothing."""

    maintenance = models.ForeignKey(Maintenance, on_delete=models.CASCADE, related_name="triggers")
    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="maintenances")
    was_paused = models.BooleanField()  # by people: it stays so
    was_running = models.BooleanField(default=True)  # else another hand had stopped it in the cloud
    paused_at = models.DateTimeField(null=True)  # by the Connection's clock
    restored_at = models.DateTimeField(null=True)
    # Somebody paused or resumed it meanwhile: from then on it is theirs.
    handed_over_at = models.DateTimeField(null=True)
    handed_over_to = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    outcome = models.CharField(max_length=200, blank=True)  # what became of it, for people
    error = models.TextField(blank=True)  # of the last attempt

    class Meta:
        ordering = ["trigger__pipeline__name", "trigger__key"]
        constraints = [
            models.UniqueConstraint(
                fields=["maintenance", "trigger"], name="trigger_once_per_maintenance"
            )
        ]

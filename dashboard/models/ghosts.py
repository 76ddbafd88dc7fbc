from __future__ import annotations

from django.db import models
from django.db.models import Q

from dashboard.models.connections import Connection
from dashboard.models.people import User
from dashboard.models.pipelines import Pipeline, Trigger


class Hunt(models.Model):
    """The periodic look for Ghosts in a Connection's account, and how the last one went."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="hunt")
    due_at = models.DateTimeField(null=True)  # real time, as all of these
    lease_until = models.DateTimeField(null=True)  # one look at a time
    looked_at = models.DateTimeField(null=True)  # the last one that came to its end
    error = models.TextField(blank=True)  # of the last one
    failures = models.PositiveIntegerField(default=0)  # in a row; the pause grows with it

    def __str__(self) -> str:
        return f"hunt {self.pk}"


class Ghost(models.Model):
    """A schedule or trigger in the cloud that no Pipeline owns, or a Pipeline's trigger that is
    gone or stopped there. A row ends when a look does not find it any more."""

    class Kind(models.TextChoices):
        UNOWNED = "unowned", "No pipeline owns it"
        FOREIGN = "foreign", "Not made by Skyclock"
        STOPPED = "stopped", "Stopped in the cloud"
        MISSING = "missing", "Gone from the cloud"

    IN_CLOUD = (Kind.UNOWNED, Kind.FOREIGN)  # the others are of Triggers

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="ghosts")
    kind = models.CharField(max_length=10, choices=Kind)
    cloud_id = models.CharField(max_length=500)  # of a Trigger "trigger:<id>"
    name = models.CharField(max_length=200)
    what = models.CharField(max_length=60)  # the field's term: "EventBridge schedule"
    native = models.CharField(max_length=400, blank=True)  # as the cloud writes it
    running = models.BooleanField(default=True)
    message = models.CharField(max_length=400, blank=True)
    pipeline = models.ForeignKey(
        Pipeline, null=True, on_delete=models.CASCADE, related_name="ghosts"
    )
    trigger = models.ForeignKey(Trigger, null=True, on_delete=models.CASCADE, related_name="ghosts")
    first_seen = models.DateTimeField()  # real time
    last_seen = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    ignored_at = models.DateTimeField(null=True)
    ignored_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    note = models.CharField(max_length=200, blank=True)  # why it is ignored

    class Meta:
        ordering = ["-first_seen", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "cloud_id"],
                condition=Q(resolved_at=None),
                name="one_open_ghost_per_thing",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def in_cloud(self) -> bool:
        """Something of the account's, which can be paused or removed there."""
        return self.kind in self.IN_CLOUD

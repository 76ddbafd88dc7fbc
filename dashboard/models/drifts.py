from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from dashboard.models.deployments import Deployment
from dashboard.models.people import User
from dashboard.models.pipelines import Pipeline, Version


class DriftWatch(models.Model):
    """When a Pipeline is checked for Drift, and how that went. All times are real."""

    pipeline = models.OneToOneField(Pipeline, on_delete=models.CASCADE, related_name="drift_watch")
    every_hours = models.PositiveSmallIntegerField(null=True)  # None: the instance's; 0: never
    due_at = models.DateTimeField(null=True, db_index=True)
    last_check = models.ForeignKey(
        Deployment, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    checked_at = models.DateTimeField(null=True)  # the last that came to a good end
    skipped_at = models.DateTimeField(null=True)
    skipped = models.CharField(max_length=300, blank=True)  # why none was made when it was due

    def __str__(self) -> str:
        return f"drift watch {self.pk}"


class Drift(models.Model):
    """What a check or a refresh found otherwise than deployed. A row ends, and stays as history."""

    class How(models.TextChoices):
        RESTORED = "restored", "Restored"
        ACCEPTED = "accepted", "Accepted into the definition"
        VANISHED = "vanished", "Put right in the cloud"
        DESTROYED = "destroyed", "Destroyed with the pipeline"

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="drifts")
    urn = models.CharField(max_length=500)  # "trigger:t1" of a trigger that was read back
    path = models.CharField(max_length=300, blank=True)
    sentence = models.TextField()
    cosmetic = models.BooleanField(default=False)
    gone = models.BooleanField(default=False)
    trigger = models.CharField(max_length=20, blank=True)
    old = models.JSONField(null=True)  # secrets have neither
    new = models.JSONField(null=True)
    acceptance = models.JSONField(null=True)
    refusal = models.TextField(blank=True)  # why there is none
    # A refresh took it into the engine's state: checks do not see it any more.
    in_state = models.BooleanField(default=False)
    found_by = models.ForeignKey(
        Deployment, null=True, on_delete=models.SET_NULL, related_name="found"
    )
    first_seen = models.DateTimeField()  # real time
    last_seen = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=10, choices=How, blank=True)
    resolved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    version = models.ForeignKey(Version, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["cosmetic", "first_seen", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "urn", "path"],
                condition=Q(resolved_at=None),
                name="one_open_drift_per_property",
            )
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def acceptable(self) -> bool:
        return self.acceptance is not None


class Lifetime(models.Model):
    """The moment, of real time, at which a Pipeline is destroyed by itself."""

    pipeline = models.OneToOneField(Pipeline, on_delete=models.CASCADE, related_name="lifetime")
    ends_at = models.DateTimeField(db_index=True)
    timezone = models.CharField(max_length=64, default="UTC")  # in which people said it
    set_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    set_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)  # when it is looked at next
    deployment = models.ForeignKey(
        Deployment, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    error = models.TextField(blank=True)  # why the destroy could not be asked for

    def __str__(self) -> str:
        return f"lifetime {self.pk}"

    def is_over(self, now: datetime) -> bool:
        return now >= self.ends_at

from __future__ import annotations

from django.db import models

from dashboard.models.people import User
from dashboard.models.pipelines import Pipeline, Trigger, Version

STOPPING = frozenset({"Stopping", "Canceling", "STATE_CANCELLING", "JOB_STATE_CANCELLING"})


class Run(models.Model):
    """An execution in the cloud, as its API reported it last."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped"

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="runs")
    cloud_id = models.CharField(max_length=400)
    status = models.CharField(max_length=10, choices=Status)
    cloud_status = models.CharField(max_length=60)
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    scheduled_for = models.DateTimeField(null=True)  # where the cloud tells which firing it was
    trigger = models.ForeignKey(Trigger, null=True, on_delete=models.SET_NULL, related_name="runs")
    trigger_kind = models.CharField(max_length=20, blank=True)  # a TriggerKind, "manual" or ""
    cause = models.CharField(max_length=400, blank=True)  # the object or event that set it off
    started_by = models.CharField(max_length=400, blank=True)  # the cloud's identity
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    version = models.ForeignKey(Version, null=True, on_delete=models.SET_NULL, related_name="runs")
    parameters = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    seen_at = models.DateTimeField(auto_now=True)
    complete = models.BooleanField(default=False)  # ended, and its end and steps were read
    # The end of the attempt before, where the cloud took a run up again that had ended.
    earlier_end = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started", "-id"]
        indexes = [
            models.Index(fields=["-started", "-id"]),
            models.Index(fields=["pipeline", "-started", "-id"]),
            models.Index(fields=["status", "-started", "-id"]),
            models.Index(fields=["pipeline", "status", "-started", "-id"]),
            models.Index(
                fields=["pipeline", "-started"],
                condition=models.Q(complete=False),
                name="runs_to_look_at",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "cloud_id"], name="run_once_per_pipeline")
        ]

    def __str__(self) -> str:
        return self.cloud_id

    @property
    def final(self) -> bool:
        return self.status in (self.Status.SUCCEEDED, self.Status.FAILED, self.Status.STOPPED)

    @property
    def stopping(self) -> bool:
        """The cloud was asked to stop it and is on it, in the clouds' own words."""
        return not self.final and self.cloud_status in STOPPING


class Step(models.Model):
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=256)
    kind = models.CharField(max_length=60)
    status = models.CharField(max_length=10, choices=Run.Status)
    cloud_status = models.CharField(max_length=60)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    cloud_id = models.CharField(max_length=400, blank=True)
    attempt = models.PositiveIntegerField(default=1)
    after = models.JSONField(default=list)  # names of the steps it waited for

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="step_once_per_run")]

    @property
    def shown_status(self) -> str:
        """In a run that has ended nothing waits: the step was never reached."""
        unreached = self.status == Run.Status.QUEUED and self.run.final
        return "not_started" if unreached else str(self.status)

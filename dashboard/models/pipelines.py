from __future__ import annotations

from django.db import models
from django.db.models import Q

from dashboard.models.connections import Connection
from dashboard.models.people import User
from provisioning.contracts import TriggerKind


class Pipeline(models.Model):
    """A named use of a Blueprint on a Connection. Its definition lives in Versions.

    One that is not `managed` is *watched*: it exists in the cloud and was not made here. Its
    Versions are what looks at it saw, one for each time that it had changed; nobody saves them,
    and nothing is deployed.
    """

    name = models.CharField(max_length=80)
    slug = models.CharField(max_length=40, unique=True)  # root of all names in the cloud
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="pipelines")
    blueprint = models.CharField(max_length=60)
    current_version = models.ForeignKey(
        "Version", null=True, on_delete=models.PROTECT, related_name="+"
    )
    deployed_version = models.ForeignKey(
        "Version", null=True, on_delete=models.PROTECT, related_name="+"
    )
    last_deployment = models.ForeignKey(
        "Deployment", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # From the start of the first up until a destroy succeeded.
    may_exist_in_cloud = models.BooleanField(default=False)
    outputs = models.JSONField(default=dict)
    recent = models.JSONField(default=list)  # last 30 runs, oldest first, for the dots
    synced_at = models.DateTimeField(null=True)  # real time of the last successful pull
    # Up to which moment of the Connection's clock all runs that had begun were read.
    history_until = models.DateTimeField(null=True)
    sync_due_at = models.DateTimeField(null=True, db_index=True)  # real time
    sync_error = models.TextField(blank=True)
    sync_failures = models.PositiveIntegerField(default=0)  # in a row; the pause grows with it
    sync_lease_until = models.DateTimeField(null=True)  # one pull at a time
    verified_at = models.DateTimeField(null=True)  # real time of the last look at the triggers
    fence = models.PositiveBigIntegerField(default=0)  # given to the newest operation; only grows
    managed = models.BooleanField(default=True)
    # Of a watched one: what it is in the cloud, until when it was as its Version says by the
    # Connection's clock, and since when it is gone there.
    cloud_id = models.CharField(max_length=400, blank=True)
    followed_until = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "cloud_id"],
                condition=Q(archived_at=None, managed=False),
                name="watched_once_per_connection",
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(archived_at=None),
                name="pipeline_name_once",
                violation_error_message="A pipeline of this name exists already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def being_deployed(self) -> bool:
        """A Deployment of it is executed now, asked of the database."""
        return bool(self.deployments.filter(status="running").exists())


class Version(models.Model):
    """One saved definition of a Pipeline; never changed after it is written."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    settings = models.JSONField()
    triggers = models.JSONField()  # list of TriggerSpec as JSON, without `paused`
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "number"], name="version_number_once")
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class Trigger(models.Model):
    """What starts runs of a Pipeline, and the last proof that it is in the cloud."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        MISSING = "missing", "Missing"
        UNKNOWN = "unknown", "Unknown"

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="triggers")
    key = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    cron = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    start = models.DateTimeField(null=True)
    end = models.DateTimeField(null=True)
    config = models.JSONField(default=dict)  # what the spec of its kind says besides
    paused = models.BooleanField(default=False)  # what people want; `state` is what the cloud says
    state = models.CharField(max_length=10, choices=State, default=State.UNKNOWN)
    native = models.JSONField(default=list)
    next = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    message = models.TextField(blank=True)
    # Of Skyclock's own kinds: since when it fires, by the clock of what it waits for.
    active_since = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)  # kept for the runs that name it

    class Meta:
        ordering = ["pipeline", "key"]
        constraints = [models.UniqueConstraint(fields=["pipeline", "key"], name="trigger_key_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def own(self) -> bool:
        """Fired by Skyclock itself: it follows what was saved, and is in no cloud."""
        return TriggerKind(self.kind).own

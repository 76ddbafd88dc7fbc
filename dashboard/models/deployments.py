from __future__ import annotations

from django.db import models
from django.db.models import Q

from dashboard.models.people import User
from dashboard.models.pipelines import Pipeline, Version


class Deployment(models.Model):
    """One operation of the engine on one Version, with its outcome."""

    class Operation(models.TextChoices):
        PREVIEW = "preview", "Preview"
        UP = "up", "Deploy"
        REFRESH = "refresh", "Refresh"
        DESTROY = "destroy", "Destroy"
        CHECK = "check", "Drift check"

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        INTERRUPTED = "interrupted", "Interrupted"

    class Decision(models.TextChoices):
        NONE = "", "None"
        APPROVED = "approved", "Approved"
        DISCARDED = "discarded", "Discarded"

    FINAL = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.INTERRUPTED)

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="deployments")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="deployments")
    operation = models.CharField(max_length=10, choices=Operation)
    status = models.CharField(max_length=20, choices=Status, default=Status.QUEUED)
    phase = models.CharField(max_length=200, blank=True)  # in words: "waiting for the engine"
    phases = models.JSONField(default=list)  # [{"phase", "state", "started", "finished"}]
    plan = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="applied_by"
    )
    retry_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="retries"
    )
    # Of a retry from here: URNs of what succeeded before, which is not looked at again.
    untouched = models.JSONField(default=list)
    message = models.CharField(max_length=500, blank=True)  # why, as its asker wrote it
    # It shows first what it would do, and does it once somebody else than its asker approved.
    needs_approval = models.BooleanField(default=False)
    decision = models.CharField(max_length=10, choices=Decision, blank=True, default=Decision.NONE)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    comment = models.CharField(max_length=500, blank=True)  # of who decided
    # Of an Adoption: id in the cloud by "kind::name". Without one, {} only looks for what exists.
    adopt = models.JSONField(null=True)
    spec_digest = models.CharField(max_length=64, blank=True)  # of all that the program saw
    planned_at = models.DateTimeField(null=True)  # when the plan began to be made
    planned_on = models.CharField(max_length=64, blank=True)  # digest of the state it is about
    planned_by = models.CharField(max_length=60, blank=True)  # the engine that made it
    state_left = models.CharField(max_length=64, blank=True)  # digest of the engine's state after
    changes = models.JSONField(default=dict)
    error = models.JSONField(null=True)
    drifts = models.JSONField(default=list)  # of a refresh: [{"sentence", "cosmetic"}]
    engine = models.CharField(max_length=60, blank=True)
    last_line = models.PositiveIntegerField(default=0)
    cancel_requested_at = models.DateTimeField(null=True)  # finish what runs, and stop
    kill_requested_at = models.DateTimeField(null=True)  # stop at once; only after the other
    lease_owner = models.CharField(max_length=160, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)  # higher than that of all before it
    child = models.CharField(max_length=160, blank=True)  # the operation's own process
    spool_offset = models.PositiveBigIntegerField(default=0)  # bytes that are rows already
    enqueued_at = models.DateTimeField(null=True)  # when a message was last sent for it
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["pipeline", "-id"]),
            models.Index(fields=["status", "id"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline"],
                condition=Q(status="running"),
                name="one_executing_deployment_per_pipeline",
            )
        ]

    def __str__(self) -> str:
        return f"deployment {self.pk}"

    @property
    def final(self) -> bool:
        return self.status in self.FINAL

    @property
    def stopping(self) -> bool:
        """Somebody wants it to stop, and it has not come to its end yet."""
        return self.status == self.Status.RUNNING and self.cancel_requested_at is not None

    @property
    def only_plans(self) -> bool:
        """It finds out what would be done and changes nothing: a preview, or one whose plan
        nobody has approved yet."""
        undecided = self.needs_approval and self.decision != self.Decision.APPROVED
        return undecided or self.operation == self.Operation.PREVIEW

    @property
    def plan_source(self) -> Deployment | None:
        """Whose plan this one applies exactly: of a preview, or its own that was approved."""
        if self.plan_id:
            return self.plan
        approved = self.needs_approval and self.decision == self.Decision.APPROVED
        return self if approved else None


class DeploymentLine(models.Model):
    """A line of a Deployment's log; `n` counts from 1 without gaps."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="lines")
    n = models.PositiveIntegerField()
    time = models.DateTimeField()
    level = models.CharField(max_length=10)
    resource = models.CharField(max_length=500, blank=True)  # URN
    text = models.TextField()

    class Meta:
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["deployment", "n"], name="line_number_once")]


class DeploymentResource(models.Model):
    """The last known state of one resource's step within a Deployment."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="resources")
    urn = models.CharField(max_length=500)
    kind = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    op = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    started = models.DateTimeField(null=True)  # when it began to be changed
    seconds = models.FloatField(null=True)
    parent = models.CharField(max_length=500, blank=True)
    cloud_id = models.CharField(max_length=500, blank=True)
    diff = models.JSONField(default=list)
    properties = models.JSONField(default=list)  # [{"path", "op", "old", "new"}]
    replacement = models.JSONField(null=True)  # {"because": [paths], "order"}
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "urn"], name="resource_once_per_deployment"
            )
        ]

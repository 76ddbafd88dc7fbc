from __future__ import annotations

from secrets import token_urlsafe
from uuid import uuid4

from django.db import models
from django.utils import timezone

from dashboard.models.pipelines import Pipeline, Trigger
from dashboard.models.runs import Run
from dashboard.models.sealed import SealedField


def new_token() -> str:
    return uuid4().hex


def new_public_id() -> str:
    return token_urlsafe(18)


class Start(models.Model):
    """A run that Skyclock owes, because one of its own triggers fired, or because a Backfill
    makes up for an Occurrence; and what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        STARTED = "started", "Started"
        REFUSED = "refused", "Refused"

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="starts")
    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="starts")
    # Of a Backfill: what it makes up for, once.
    occurrence = models.OneToOneField(
        "Occurrence", null=True, on_delete=models.SET_NULL, related_name="start"
    )
    key = models.CharField(max_length=200)  # of what fired it: the same thing fires once
    cause = models.CharField(max_length=400)  # the same for people: "run 41 of Ingest"
    parameters = models.JSONField(default=dict)
    # What the cloud knows the start by, so that it is not done twice. Not the row's number,
    # which another database may have given in the same account.
    token = models.CharField(max_length=32, default=new_token, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now)
    enqueued_at = models.DateTimeField(null=True)  # when a message was last sent for it
    lease_until = models.DateTimeField(null=True)  # one attempt at a time
    error = models.TextField(blank=True)  # of the last attempt
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="starts")
    requested_at = models.DateTimeField(default=timezone.now)
    retried_at = models.DateTimeField(null=True)  # when somebody asked for it again
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["pipeline", "-id"]),
            models.Index(fields=["trigger", "-requested_at"]),
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state="waiting"),
                name="starts_to_perform",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["trigger", "key"], name="start_once_per_cause")
        ]

    def __str__(self) -> str:
        return f"start {self.pk}"


class Hook(models.Model):
    """The address of a webhook trigger, and the sealed secrets that sign what is sent to it."""

    trigger = models.OneToOneField(Trigger, on_delete=models.CASCADE, related_name="hook")
    public_id = models.CharField(max_length=40, unique=True, default=new_public_id)
    sealed = SealedField()
    sealed_before = SealedField(blank=True)
    before_until = models.DateTimeField(null=True)  # real time; till then the old one is good
    rotated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"hook {self.public_id}"

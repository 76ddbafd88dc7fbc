from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from dashboard.models.people import User
from dashboard.models.sealed import SealedField


class Connection(models.Model):
    """One cloud account, subscription or project, and the sealed credential to enter it."""

    class CloudName(models.TextChoices):
        AWS = "aws", "AWS"
        AZURE = "azure", "Azure"
        GOOGLE = "google", "Google Cloud"

    class LevelName(models.TextChoices):
        OBSERVE = "observe", "Observe"
        RUN = "run", "Run"
        DEPLOY = "deploy", "Deploy"

    # Names it in identity tokens, for ever: an id could be given anew after a restored backup.
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    cloud = models.CharField(max_length=10, choices=CloudName)
    method = models.CharField(max_length=40)
    level = models.CharField(max_length=10, choices=LevelName, default=LevelName.DEPLOY)
    region = models.CharField(max_length=40)
    account = models.CharField(max_length=80)
    sandbox = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    # Deploying and destroying needs the approval of somebody else than who asked for it.
    approval_required = models.BooleanField(default=False)
    disabled_at = models.DateTimeField(null=True)
    disabled_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    sealed = SealedField()  # the credential's JSON
    # Counts the credentials that it had: who changes it names the one that was seen.
    rotation = models.PositiveIntegerField(default=0)
    entered_at = models.DateTimeField(null=True)  # since when this credential is in use
    expires_at = models.DateTimeField(null=True)
    expiry_source = models.CharField(max_length=12, blank=True)  # "typed", "certificate"
    reminded_days = models.PositiveSmallIntegerField(null=True)  # of the last reminder of it
    # What was in use before, to be put back until then.
    sealed_before = SealedField(blank=True)
    method_before = models.CharField(max_length=40, blank=True)
    expires_before = models.DateTimeField(null=True)
    expiry_source_before = models.CharField(max_length=12, blank=True)
    entered_before = models.DateTimeField(null=True)
    before_until = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    # How far the Connection's clock was ahead of real time when it was looked at last, so that
    # pages know its "now" without asking: zero but for a sandbox that was fast-forwarded.
    clock_ahead = models.DurationField(default=timedelta(0))
    clock_speed = models.FloatField(default=1.0)  # sandbox seconds in a second, since then
    clock_seen_at = models.DateTimeField(null=True)  # real time of that look
    tested_at = models.DateTimeField(null=True)  # the last test that came to its end
    test_result = models.CharField(max_length=10, blank=True)  # pass, fail or unknown
    removed_at = models.DateTimeField(null=True)  # kept, without its credential, for history
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(removed_at=None),
                name="connection_name_once",
                violation_error_message="A connection of this name exists already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def now(self, real: datetime) -> datetime:
        """What this Connection's clock shows at a moment of real time."""
        return real + self.clock_ahead + self._gained(real)

    def at_least(self, real: datetime) -> datetime:
        """What its clock shows at that moment even if it ran no faster than real time since it
        was looked at: a fast one is held while real work is under way."""
        return real + self.clock_ahead

    def _gained(self, real: datetime) -> timedelta:
        """What a clock that runs faster has gained since it was looked at."""
        if self.clock_speed <= 1.0 or self.clock_seen_at is None:
            return timedelta(0)
        return max(real - self.clock_seen_at, timedelta(0)) * (self.clock_speed - 1.0)

from __future__ import annotations

from django.db import models

from dashboard.models.people import User


class EngineChoice(models.Model):
    """Which version of the engine operations use; the only row. Empty until one was found."""

    version = models.CharField(max_length=20, blank=True)
    before = models.CharField(max_length=20, blank=True)  # what it replaced
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(null=True)
    # An admin asked for this one; it is being prepared and tried.
    trying = models.CharField(max_length=20, blank=True)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(null=True)
    said = models.TextField(blank=True)  # how it goes, or how the last one went
    failed = models.BooleanField(default=False)
    # What the vendor offers, by the last look.
    newest = models.CharField(max_length=20, blank=True)
    looked_at = models.DateTimeField(null=True)
    look_failed = models.TextField(blank=True)


class WorkerHost(models.Model):
    """A machine or container on which a worker lives, as it said itself."""

    host = models.CharField(max_length=120, unique=True)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    engine = models.CharField(max_length=20, blank=True)  # "" while it has none to use
    engines = models.JSONField(default=list)  # [{"version", "origin", "root"}]
    plugins = models.JSONField(default=list)  # ["aws 7.51.1", …] in the engine's home
    waiting = models.TextField(blank=True)  # for what, in words
    sealing_keys = models.JSONField(default=list)  # names of the keys that it was started with

    class Meta:
        ordering = ["host"]

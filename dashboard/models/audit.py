from __future__ import annotations

from django.db import models

from dashboard.models.connections import Connection
from dashboard.models.people import User


class AuditEntry(models.Model):
    """Who did what to which thing. `action` reads like "pipeline.create".

    What happens very often is folded: one row for an hour, with a count.
    """

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    action = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    subject_name = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.SET_NULL, related_name="entries"
    )
    source = models.CharField(max_length=45, blank=True)  # an IP address, or "worker"
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(null=True)  # of the last one that was folded into it
    fold = models.CharField(max_length=80, null=True, unique=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-at"]),
            models.Index(fields=["connection", "-id"]),
            models.Index(fields=["actor", "-id"]),
            models.Index(fields=["action", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.subject_name}"

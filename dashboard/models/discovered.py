from __future__ import annotations

from typing import Any

from django.db import models

from dashboard.models.connections import Connection
from dashboard.models.pipelines import Pipeline


class Discovery(models.Model):
    """The looks at a Connection's account for what can be watched: when, and what was refused."""

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, related_name="discovery"
    )
    asked_at = models.DateTimeField(null=True)  # by a person, who waits for it
    looked_at = models.DateTimeField(null=True)  # the last look that came to an end
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)  # somebody is looking
    failures = models.PositiveIntegerField(default=0)  # in a row; the pause grows with it
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)  # why the last look came to nothing
    unread = models.JSONField(default=list)  # of that look: what, missing, message

    def __str__(self) -> str:
        return f"discovery on {self.connection}"


class Discovered(models.Model):
    """Something in an account that can be watched, as the last look saw it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="discovered")
    kind = models.CharField(max_length=60)  # of the watcher that knows it
    cloud_id = models.CharField(max_length=400)
    name = models.CharField(max_length=200)
    seen = models.JSONField()  # all that the look told
    # The Pipeline of ours that made it; what is watched is found by its `cloud_id`.
    owner = models.ForeignKey(Pipeline, null=True, on_delete=models.SET_NULL, related_name="+")
    last_run = models.DateTimeField(null=True)  # where the list tells
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)  # not in the list any more

    class Meta:
        ordering = ["kind", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "cloud_id"], name="discovered_once_per_connection"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def triggers(self) -> list[dict[str, Any]]:
        return list(self.seen.get("triggers", ()))

    @property
    def detail(self) -> str:
        return str(self.seen.get("detail", ""))

    @property
    def region(self) -> str:
        return str(self.seen.get("region", ""))

    @property
    def console(self) -> str:
        return str(self.seen.get("console", ""))

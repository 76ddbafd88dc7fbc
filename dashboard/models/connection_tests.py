from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from dashboard.models.connections import Connection
from dashboard.models.people import User


class ConnectionTest(models.Model):
    """A Connection tried out by a worker, check by check, with what is stored; its report."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        INTERRUPTED = "interrupted", "Interrupted"

    OPEN = (Status.QUEUED, Status.RUNNING)

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="tests")
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    level = models.CharField(max_length=10)  # of the Connection when it was asked for
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    result = models.CharField(max_length=10, blank=True)  # the worst of the checks
    checks = models.JSONField(default=list)  # provisioning.contracts.Check, as they come
    account = models.CharField(max_length=80, blank=True)  # as the cloud said
    due_at = models.DateTimeField()  # not before; real time, as all of these
    asked_at = models.DateTimeField(auto_now_add=True)
    enqueued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(status__in=["queued", "running"]),
                name="one_open_test_per_connection",
            )
        ]

    def __str__(self) -> str:
        return f"test {self.pk} of {self.connection}"

    @property
    def final(self) -> bool:
        return self.status not in self.OPEN

    @property
    def put_off(self) -> bool:
        """It is not to begin yet."""
        return self.status == self.Status.QUEUED and self.due_at > timezone.now()

    @property
    def outcome(self) -> str:
        """The word that pages show: the result of one that has finished."""
        return self.result if self.status == self.Status.FINISHED else self.status

    def found(self, name: str) -> dict[str, Any] | None:
        return next((each for each in self.checks if each["name"] == name), None)

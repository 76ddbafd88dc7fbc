from __future__ import annotations

from django.db import models

from dashboard.models.people import User


class CalendarFeed(models.Model):
    """A person's secret address for calendar programs; only its digest is kept."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="calendar_feed")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    # What was answered last, and since when it is so: programs ask whether it has changed.
    content_digest = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"calendar feed of {self.user}"

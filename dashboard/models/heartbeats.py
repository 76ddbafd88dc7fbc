from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """When workers of a host were last heard of; a container that is made again is another host."""

    identity = models.CharField(max_length=200, unique=True)  # "name|boot.space of process ids"
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.identity.partition("|")[0]

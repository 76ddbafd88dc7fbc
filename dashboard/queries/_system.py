from __future__ import annotations

from django.db.models import QuerySet

from dashboard.access import Visitor, require_admin
from dashboard.models import WorkerHost


def worker_hosts(user: Visitor) -> QuerySet[WorkerHost]:
    """Where workers live or lived lately, by name."""
    require_admin(user)
    return WorkerHost.objects.order_by("host")

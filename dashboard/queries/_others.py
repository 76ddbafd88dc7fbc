"""Connections, people and tokens."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from dashboard.access import Visitor, visible_connections, visible_people
from dashboard.models import ApiToken, Connection, User


def connection_list(user: Visitor) -> QuerySet[Connection]:
    """Every Connection with `pipeline_count`, the number of Pipelines that use it."""
    live = Count("pipelines", filter=Q(pipelines__archived_at=None))
    return visible_connections(user).annotate(pipeline_count=live).order_by("name")


def people(user: Visitor) -> QuerySet[User]:
    return visible_people(user)


def tokens_of(user: User) -> QuerySet[ApiToken]:
    return user.tokens.order_by("-created_at")

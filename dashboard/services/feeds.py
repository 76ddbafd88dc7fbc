"""Calendar feeds: a secret address for each person who wants one."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from dashboard import audit
from dashboard.models import CalendarFeed, User

FEED_PREFIX = "skycal_"  # lets secret scanners recognise a leaked one
LAST_USED_STEP = timedelta(minutes=1)


@transaction.atomic
def create(user: User) -> str:
    """The secret part of a new address, shown this once. It ends the one before."""
    text = FEED_PREFIX + secrets.token_urlsafe(32)
    replaced, _ = CalendarFeed.objects.filter(user=user).delete()
    feed = CalendarFeed.objects.create(user=user, digest=_digest(text))
    audit.record(actor=user, action="feed.rotate" if replaced else "feed.create", subject=feed)
    return text


@transaction.atomic
def revoke(user: User) -> None:
    feed = CalendarFeed.objects.filter(user=user).first()
    if feed is not None:
        audit.record(actor=user, action="feed.revoke", subject=feed)
        feed.delete()


def find(text: str, *, now: datetime) -> CalendarFeed | None:
    """The feed with this secret, of somebody who may still come in."""
    rows = CalendarFeed.objects.select_related("user")
    feed = rows.filter(digest=_digest(text), user__is_active=True).first()
    if feed is not None:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
        CalendarFeed.objects.filter(stale, pk=feed.pk).update(last_used_at=now)
    return feed


def changed_at(feed: CalendarFeed, content: str, *, now: datetime) -> datetime:
    """Since when the feed has this content."""
    digest = _digest(content)
    if feed.content_digest != digest or feed.changed_at is None:
        feed.content_digest, feed.changed_at = digest, now.replace(microsecond=0)
        feed.save(update_fields=["content_digest", "changed_at"])
    return feed.changed_at


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

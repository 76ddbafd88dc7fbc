"""The calendar feed: for programs, by a secret address instead of a session."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotFound
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import http_date
from django.views.decorators.http import condition, require_safe

from dashboard import icalendar, queries
from dashboard.icalendar import Event
from dashboard.models import User
from dashboard.queries import Entry
from dashboard.services import feeds, trigger_words
from provisioning.contracts import TriggerKind

REFRESH = timedelta(hours=1)
LONGEST_SECRET = 100


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """What the person may see now; nothing, not even that it was one, of an address that ended."""
    now = datetime.now(UTC)
    found = feeds.find(secret, now=now) if len(secret) <= LONGEST_SECRET else None
    if found is None:
        return _private(HttpResponseNotFound("No such calendar.", content_type="text/plain"))
    events = _events(request, found.user, now)
    changed = feeds.changed_at(found, repr(events), now=now)
    text = icalendar.calendar("Skyclock", events, changed=changed, refresh=REFRESH)
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'

    @condition(etag_func=lambda _: etag, last_modified_func=lambda _: changed)
    def answer(_: HttpRequest) -> HttpResponse:
        return HttpResponse(text, content_type="text/calendar; charset=utf-8")

    sent = answer(request)
    sent["Last-Modified"] = http_date(changed.timestamp())
    sent["Content-Disposition"] = 'inline; filename="skyclock.ics"'
    return _private(sent)


def _private(answer: HttpResponseBase) -> HttpResponseBase:
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def _events(request: HttpRequest, user: User, now: datetime) -> list[Event]:
    entries = queries.feed_entries(user, now)
    return [_event(request, entry) for entry in entries]


def _event(request: HttpRequest, entry: Entry) -> Event:
    at, of = entry.at, entry.of
    day = not isinstance(at, datetime)
    stamp = f"{at:%Y%m%d}" if day else f"{at:%Y%m%dT%H%MZ}"
    if of is None:
        url = request.build_absolute_uri(f"{reverse('calendar')}?view=day&date={_date(at)}")
        summary = f"{entry.count:,} starts of all pipelines"
        return Event(f"all-{stamp}@skyclock", at, summary, url=url)
    times = f", {entry.count} starts" if entry.count > 1 else ""
    return Event(
        uid=f"{of.slug}-{of.key}-{stamp}@skyclock",
        at=at,
        summary=f"{of.name}{times}",
        description=_words(of),
        url=request.build_absolute_uri(reverse("pipeline", args=[of.pipeline])),
        category="Schedule",
    )


def _words(of: queries.Scheduled) -> str:
    kind = TriggerKind.TUMBLING_WINDOW if of.timing.frequency else TriggerKind.SCHEDULE
    return trigger_words.sentence(kind, of.timing._asdict(), pipeline_name=str)


def _date(at: date) -> date:
    return at.date() if isinstance(at, datetime) else at

"""Following: from the rows what is there, from then on what is heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from django.db import close_old_connections
from django.db.models import Count

from dashboard import queries
from dashboard.live.hearing import Feed, Moment, hub
from dashboard.live.outlet import Outlet
from dashboard.live.wire import lines_event, lines_json
from dashboard.models import Deployment

LINES = 1000
T = TypeVar("T")

# Reading rows must not take a thread and a database connection for each reader.
_readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")


@dataclass(frozen=True)
class Read:
    """What the rows have after some line."""

    lines: bytes
    count: int
    last: int
    status: str
    face: object  # of a running one: what its page shows beside lines


async def follow(
    deployment_id: int, after: int, outlet: Outlet | None = None
) -> AsyncIterator[Moment]:
    """What there is from line `after` on, then what comes, until the end.

    Yields at once, then whenever something changed, at the latest every ten seconds, so
    that the connection to the browser is kept open. With an outlet that is open, lines may
    go there instead.
    """
    outlet = outlet or Outlet()
    with hub().listening(deployment_id) as feed:
        seen = (-1, 0)
        while True:
            if moment := feed.after(after):
                after = moment.last
                yield moment
            elif seen[0] < feed.looks or seen[1] < feed.told > after:
                seen = (feed.looks, feed.told)
                read = await _read(deployment_id, after, feed)
                if read is None:
                    return  # it was deleted
                after = read.last
                yield Moment(read.lines, after, feed.parts, read.status)
                if read.status:
                    return
                if read.count == LINES:
                    seen = (-1, 0)
            else:
                after = await feed.changed(after, outlet)
                if not feed.after(after):
                    yield Moment(b"", after, feed.parts)


async def _read(deployment_id: int, after: int, feed: Feed) -> Read | None:
    """The rows, read once for all who are at the same line and have heard the same."""
    key = (after, feed.looks, feed.told)
    if key not in feed.reading:
        feed.reading[key] = asyncio.create_task(_read_once(deployment_id, after, feed))
        feed.reading[key].add_done_callback(lambda _: feed.reading.pop(key, None))
    read: Read | None = await asyncio.shield(feed.reading[key])
    return read


async def _read_once(deployment_id: int, after: int, feed: Feed) -> Read | None:
    read = await _in_reader(lambda: _rows(deployment_id, after))
    if read:
        feed.saw(read.face)
    return read


def _rows(deployment_id: int, after: int) -> Read | None:
    # The row before the lines: then all lines of a final row are there.
    row = Deployment.objects.filter(pk=deployment_id).first()
    if row is None:
        return None
    lines = queries.deployment_lines(deployment_id, after=after, limit=LINES)
    last = lines[-1].n if lines else after
    return Read(
        lines=lines_event(lines_json(lines), last=last) if lines else b"",
        count=len(lines),
        last=last,
        status=row.status if row.final and last >= row.last_line else "",
        face=_face(row) if row.status == Deployment.Status.RUNNING else None,
    )


def _face(row: Deployment) -> object:
    # A look every few seconds would else have the page rendered again for each who follows.
    steps = row.resources.values_list("state").annotate(Count("pk")).order_by("state")
    wishes = (row.cancel_requested_at, row.kill_requested_at)
    return (row.phase, str(row.phases), *wishes, *steps)


async def _in_reader(read: Callable[[], T]) -> T:
    def fresh() -> T:
        close_old_connections()
        try:
            return read()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_readers, fresh)

"""A Deployment's page kept up to date by server-sent events.

`line` events carry new lines and, as their id, the number of the last one, so that a browser
that reconnects names it in Last-Event-ID and neither loses nor doubles a line. The others
carry parts of the page that have changed. `end` says that nothing will come any more.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.views.decorators.http import require_safe

from dashboard import access, live
from dashboard.access import is_member
from dashboard.models import User
from dashboard.streams import Stream
from dashboard.views.boards import Board, board_of, in_renderer

SILENT_SECONDS = 5.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@require_safe
async def events(request: HttpRequest, id: int) -> HttpResponseBase:
    user = await request.auser()
    if not is_member(user):
        return HttpResponse(status=403)  # an EventSource cannot be led to the sign-in page
    await in_renderer(_prepare, request, user, id)
    outlet = live.Outlet()
    parts = _stream(request, id, after=_seen(request), outlet=outlet)
    return Stream(parts, outlet=outlet, content_type="text/event-stream", headers=HEADERS)


def _prepare(request: HttpRequest, user: User, id: int) -> None:
    """404 before the stream begins; and the form token, which goes with the answer's cookie."""
    request.user = user
    access.get_deployment(user, id)
    request.META["stream_csrf_token"] = get_token(request)


def _seen(request: HttpRequest) -> int:
    """The last line that the browser has: what a reconnect says counts more than the address."""
    text = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(text) if text.isdecimal() and len(text) < 12 else 0


async def _stream(
    request: HttpRequest, id: int, *, after: int, outlet: live.Outlet
) -> AsyncIterator[bytes]:
    shown = Shown(board_of(request, id), token=request.META["stream_csrf_token"])
    spoken = time.monotonic()
    async for moment in live.follow(id, after, outlet):
        if moment.status:
            await shown.board.finish()
            yield moment.lines + shown.changes() + live.event("end", moment.status)
            return
        shown.board.renew(moment.parts)
        said = moment.lines + shown.changes()
        if not said and time.monotonic() - spoken > SILENT_SECONDS:
            said = b": still here\n\n"
        if said:
            spoken = time.monotonic()
            yield said


class Shown:
    """What one browser has of a board."""

    def __init__(self, board: Board, *, token: str) -> None:
        self.board = board
        self._token = token
        self._edition = 0
        self._sent: dict[str, str] = {}

    def changes(self) -> bytes:
        """Events for the parts that look otherwise than what was sent."""
        if self._edition == self.board.edition:
            return b""
        self._edition = self.board.edition
        parts = self.board.parts
        changed = {name: html for name, html in parts.items() if self._sent.get(name) != html}
        self._sent |= changed
        return b"".join(
            live.event(name, self.board.with_token(html, self._token))
            for name, html in changed.items()
        )

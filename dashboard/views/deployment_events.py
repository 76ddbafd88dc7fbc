"""A Deployment's page kept up to date by server-sent events.

`line` events carry new lines and, as their id, the number of the last one, so that a browser
that reconnects names it in Last-Event-ID and neither loses nor doubles a line. The others
carry parts of the page that have changed. `end` says that nothing will come any more.
"""

from __future__ import annotations

import time
from asyncio import sleep
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from dashboard import access, live
from dashboard.access import is_member
from dashboard.context import zones
from dashboard.live import Moment
from dashboard.models import User
from dashboard.templatetags.log import lines_html
from dashboard.views import deployment_parts

PACE_SECONDS = 0.4  # parts are rendered at most this often for each viewer
PARTS = {
    "status": ("state", "actions", "facts", "outcome"),
    "phase": ("phases",),
    "resource": ("resources",),
}
P = ParamSpec("P")
T = TypeVar("T")
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

# Rendering must not take a thread and a database connection for each viewer.
_renderers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="events")


@require_safe
async def events(request: HttpRequest, id: int) -> HttpResponseBase:
    user = await request.auser()
    if not is_member(user):
        return HttpResponse(status=403)  # an EventSource cannot be led to the sign-in page
    await _in_renderer(_prepare, request, user, id)
    stream = _stream(request, id, after=_seen(request))
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=HEADERS)


def _seen(request: HttpRequest) -> int:
    """The last line that the browser has: what a reconnect says counts more than the address."""
    text = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(text) if text.isdecimal() and len(text) < 12 else 0


async def _stream(request: HttpRequest, id: int, *, after: int) -> AsyncIterator[str]:
    sent: dict[str, str] = {}
    rendered = 0.0
    shown_in = zones(request)
    async for moment in live.follow(id, after):
        if moment.lines:
            yield _event("line", lines_html(moment.lines, shown_in), id=moment.last)
        await sleep(max(0.0, rendered + PACE_SECONDS - time.monotonic()))
        rendered = time.monotonic()
        parts = await _in_renderer(_parts, request, id)
        changed = {name: html for name, html in parts.items() if sent.get(name) != html}
        sent |= changed
        yield "".join(_event(name, html) for name, html in changed.items()) or ": still here\n\n"
        if moment.final:
            yield _event("end", _last_word(moment))


def _event(name: str, data: str, *, id: int | None = None) -> str:
    number = f"id: {id}\n" if id is not None else ""
    body = "\n".join(f"data: {line}" for line in data.splitlines() or [""])
    return f"event: {name}\n{number}{body}\n\n"


def _last_word(moment: Moment) -> str:
    return str(moment.deployment.status)


def _prepare(request: HttpRequest, user: User, id: int) -> None:
    """404 before the stream begins; and one form token, so that equal parts render equal."""
    request.user = user
    access.get_deployment(user, id)
    request.META["stream_csrf_token"] = get_token(request)


def _parts(request: HttpRequest, id: int) -> dict[str, str]:
    try:
        deployment = access.get_deployment(request.user, id)
    except Http404:
        return {}
    context = deployment_parts.context(deployment, request.user) | {
        "streaming": True,
        "csrf_token": request.META["stream_csrf_token"],
    }
    return {
        event: "".join(
            f'<div data-part="part-{name}">'
            f"{render_to_string(f'deployments/_{name}.html', context, request)}</div>"
            for name in names
        )
        for event, names in PARTS.items()
    }


async def _in_renderer(render: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    def fresh() -> T:
        close_old_connections()
        try:
            return render(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(fresh, thread_sensitive=False, executor=_renderers)()

"""The parts of a Deployment's page as one person sees them, rendered once for all tabs.

Rendering takes milliseconds, and many may watch: it happens beside the stream of lines and
never holds it up, at most every so often, and only when something other than a line is new.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string

from dashboard import access, live
from dashboard.context import zones
from dashboard.views import deployment_parts

PACE_SECONDS = 0.4
TOKEN = "form-token-of-this-browser"  # noqa: S105 (stands in for it until it is sent)
PARTS = {
    "status": ("state", "actions", "facts", "outcome"),
    "phase": ("phases",),
    "resource": ("resources",),
}
P = ParamSpec("P")
T = TypeVar("T")

# Rendering must not take a thread and a database connection for each viewer.
_renderers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="events")


class Board:
    """`edition` counts its renderings; `parts` are the latest."""

    def __init__(self, request: HttpRequest, deployment_id: int) -> None:
        self.parts: dict[str, str] = {}
        self.edition = 0
        self._request = request
        self._id = deployment_id
        self._of = -1  # the count of changes that the parts show
        self._rendered = 0.0
        self._rendering: asyncio.Task[None] | None = None
        self._finishing: asyncio.Task[None] | None = None

    def renew(self, count: int) -> None:
        """Render again, soon, if anything has changed since; who follows is woken then."""
        if count > self._of and self._rendering is None and self._finishing is None:
            self._rendering = asyncio.create_task(self._render_soon(count))

    async def finish(self) -> None:
        """Show how the Deployment ended. Only called once its row says so."""
        if self._finishing is None:
            self._finishing = asyncio.create_task(self._render_last())
        await asyncio.shield(self._finishing)

    def with_token(self, html: str, token: str) -> str:
        return html.replace(TOKEN, token)

    async def _render_soon(self, count: int) -> None:
        try:
            await asyncio.sleep(max(0.0, self._rendered + PACE_SECONDS - time.monotonic()))
            await self._render()
        finally:
            self._of, self._rendering = count, None
        live.wake(self._id)

    async def _render_last(self) -> None:
        if self._rendering:
            await asyncio.wait([self._rendering])
        await self._render()

    async def _render(self) -> None:
        self._rendered = time.monotonic()
        self.parts = await in_renderer(_parts, self._request, self._id)
        self.edition += 1


_boards: WeakValueDictionary[tuple[object, ...], Board] = WeakValueDictionary()


def board_of(request: HttpRequest, deployment_id: int) -> Board:
    """The one that this person's other tabs with the same zone look at."""
    key = (deployment_id, request.user.pk, zones(request), id(asyncio.get_running_loop()))
    return _boards.setdefault(key, Board(request, deployment_id))


def _parts(request: HttpRequest, deployment_id: int) -> dict[str, str]:
    try:
        deployment = access.get_deployment(request.user, deployment_id)
    except Http404:
        return {}
    context = deployment_parts.context(deployment, request.user)
    context |= {"streaming": True, "csrf_token": TOKEN}
    return {
        event: "".join(
            f'<div data-part="part-{name}">'
            f"{render_to_string(f'deployments/_{name}.html', context, request)}</div>"
            for name in names
        )
        for event, names in PARTS.items()
    }


async def in_renderer(render: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    def fresh() -> T:
        close_old_connections()
        try:
            return render(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(fresh, thread_sensitive=False, executor=_renderers)()

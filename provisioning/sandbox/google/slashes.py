"""Slashes that belong to a name: "o/data%2Fx.csv" is one object, not a folder and another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

# Stands in a path for a slash that does not end a part of it.
SLASH = "\ue000"

App = Callable[[dict[str, Any], Any], Iterable[bytes]]


class KeepSlashes:
    """A WSGI application before another: it decodes the path, but for such slashes, which
    servers decode too."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        sent = str(environ.get("REQUEST_URI", "")).partition("?")[0]
        if "%2f" in sent.lower():
            parts = (unquote_to_bytes(part) for part in sent.split("/"))
            kept = (part.replace(b"/", SLASH.encode()) for part in parts)
            environ["PATH_INFO"] = b"/".join(kept).decode("latin-1")
        return self._app(environ, start_response)

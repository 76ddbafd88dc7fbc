"""Pages for what did not go well."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return render(request, "errors/403.html", {"reason": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return render(request, "errors/404.html", status=404)


def broken(request: HttpRequest) -> HttpResponseBase:
    # Without the request: what the frame reads may be what is broken.
    return HttpResponseServerError(render_to_string("errors/500.html"))


def untrusted_form(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """A form without its token, or with one of an earlier sign-in."""
    return render(request, "errors/form.html", status=403)

"""What many views answer with."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from provisioning.errors import SkyclockError

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class SeeOther(HttpResponseRedirect):
    status_code = 303


def see_other(to: str, *args: object) -> HttpResponse:
    """303: the browser GETs that page, so that a reload repeats nothing."""
    return SeeOther(resolve_url(to, *args))


def back(request: HttpRequest) -> HttpResponse:
    """To the page the form stood on."""
    return see_other(_own(request, request.POST.get("next")) or _referer(request))


def next_page(request: HttpRequest, otherwise: str) -> str:
    """Where a sign-in leads: a path of ours, never another site."""
    wanted = request.POST.get("next") or request.GET.get("next")
    return _own(request, wanted) or reverse(otherwise)


def tell_errors(view: View[P]) -> View[P]:
    """Errors raised on purpose become a message on the page that asked."""

    @wraps(view)
    def told(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except SkyclockError as error:
            messages.error(request, str(error))
            return back(request)

    return told


def _own(request: HttpRequest, url: str | None) -> str:
    secure = request.is_secure()
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts=hosts, require_https=secure)
    return url if url and safe else ""


def _referer(request: HttpRequest) -> str:
    url = urlsplit(_own(request, request.headers.get("referer")))
    query = f"?{url.query}" if url.query else ""
    return f"{url.path}{query}" if url.path else reverse("overview")

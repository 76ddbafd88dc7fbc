"""Ninja's API, with problem bodies everywhere and in its OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path
from django.urls.resolvers import URLPattern, URLResolver
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from dashboard.api import documented, problems

View = Callable[..., HttpResponseBase]


class Interface(NinjaAPI):
    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """Ninja's own, and an answer for every address that there is not."""
        patterns, app, namespace = super().urls
        for pattern in patterns:
            assert isinstance(pattern, URLPattern)
            pattern.callback = _with_problems(pattern.callback)
        rest = path("<path:rest>", csrf_exempt(_unknown), name="unknown")
        return [*patterns, rest], app, namespace

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        documented.add_problems(schema)
        return schema


def _unknown(request: HttpRequest, rest: str) -> HttpResponse:
    return problems.not_found(request)


def _with_problems(view: View) -> View:
    """What Ninja and Django answer by themselves is HTML or plain text."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            answer = view(request, *args, **kwargs)
        except Http404:
            return problems.not_found(request)
        if answer.status_code == 405:
            return problems.not_allowed(request, allowed=answer.headers["Allow"])
        return answer

    # No cookie lets anybody in here, so no foreign page can make a browser call it.
    return csrf_exempt(answered)

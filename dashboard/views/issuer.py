"""What clouds read of the issuer: without signing in, and the same for everybody."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from dashboard.services import issuer

# A key signs days after it is published; one that others may have has to be gone soon.
FRESH_SECONDS = 300


@require_safe
def configuration(request: HttpRequest) -> HttpResponseBase:
    return _public(issuer.document())


@require_safe
def jwks(request: HttpRequest) -> HttpResponseBase:
    return _public(issuer.keys())


def _public(document: dict[str, Any]) -> HttpResponseBase:
    answer = JsonResponse(document, headers={"Access-Control-Allow-Origin": "*"})
    patch_cache_control(answer, public=True, max_age=FRESH_SECONDS)
    return answer

"""The zone that times are shown in. Scripts set the same cookie without asking."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST

from dashboard import times
from dashboard.context import ZONE_COOKIE
from dashboard.views.responses import back

YEAR = 365 * 24 * 3600


@require_POST
def preferences(request: HttpRequest) -> HttpResponseBase:
    answer = back(request)
    zone = request.POST.get("zone", "")
    if zone in times.SHOWN:
        answer.set_cookie(ZONE_COOKIE, zone, max_age=YEAR, samesite="Lax")
    return answer

"""The ledger of a Pipeline: every start that its schedules promised, and what came of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from dashboard import access, queries
from dashboard.access import member_required
from dashboard.models import Occurrence, Pipeline
from dashboard.queries import ShownOccurrence
from dashboard.views.paging import whole_number
from dashboard.views.pipeline_tabs import tab
from dashboard.views.strip import strip

PAGE = 50


@member_required
@require_safe
def page(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_pipeline(request.user, id)
    status = request.GET.get("status", "")
    status = status if status in Occurrence.Status else ""
    found = queries.ledger(
        pipeline, status=status or None, before=_before(request, pipeline), limit=PAGE + 1
    )
    context = {
        "occurrences": found[:PAGE],
        "older": _last(found[:PAGE]) if len(found) > PAGE else None,
        "status": status,
        "statuses": Occurrence.Status.choices,
        "first_page": "before" not in request.GET,
        "strip": strip(pipeline),
        "names": _names(pipeline),
    }
    return tab(request, pipeline, "pipeline-ledger", context)


def _names(pipeline: Pipeline) -> dict[str, str]:
    """What the cloud calls the triggers of a watched one: their keys are made from it."""
    seen = pipeline.current_version.settings if pipeline.current_version else {}
    starters = {} if pipeline.managed else seen.get("starters", {})
    return {key: each["name"] for key, each in starters.items()}


def _last(found: list[ShownOccurrence]) -> int | None:
    row = found[-1].row
    return row.pk if row else None


def _before(request: HttpRequest, pipeline: Pipeline) -> Occurrence | None:
    if "before" not in request.GET:
        return None
    found = pipeline.occurrences.filter(pk=whole_number(request, "before") or 0).first()
    if found is None:
        raise Http404("This address is not of this ledger.")
    return found

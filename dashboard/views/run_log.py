"""The log of a run or of one of its steps, asked of the cloud when somebody opens it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard import access, queries
from dashboard.access import member_required
from dashboard.models import Run
from dashboard.services import step_logs
from provisioning.contracts import LogPage
from provisioning.errors import SkyclockError

MOST_PAGES = 5  # of the cloud's, in one of ours


@member_required
@require_safe
def log(request: HttpRequest, id: int) -> HttpResponseBase:
    """A page of its own, or the panel on the run's page."""
    run = access.get_run(request.user, id)
    step = request.GET.get("step", "")
    if step and step not in {each.name for each in queries.run_steps(run)}:
        raise Http404(f"This run has no step {step}.")
    context = {
        "run": run,
        "pipeline": run.pipeline,
        "step": step,
        "sandbox_shown": run.pipeline.connection.sandbox,
        **_read(run, step, request.GET.get("cursor") or None),
    }
    fragment = request.headers.get("HX-Request") == "true"
    return render(request, "runs/_log.html" if fragment else "runs/log.html", context)


def _read(run: Run, step: str, cursor: str | None) -> dict[str, object]:
    lines: list[object] = []
    try:
        for _ in range(MOST_PAGES):
            page: LogPage = step_logs.read(run, step, cursor=cursor)
            lines += page.lines
            more = page.cursor if page.cursor != cursor else None
            cursor = more or cursor
            if not more:
                return {"lines": lines, "note": page.note, "more": None}
    except SkyclockError as error:
        return {"lines": lines, "note": "", "trouble": str(error), "more": None}
    return {"lines": lines, "note": "", "more": cursor}

"""Versions of a Pipeline: the list, what differs between two, and rolling back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from dashboard import access, launch, queries
from dashboard.access import member_required, require_member
from dashboard.models import Deployment, Pipeline, Version
from dashboard.services import pipelines
from dashboard.services.version_changes import changes
from dashboard.views.paging import whole_number
from dashboard.views.pipeline_tabs import tab
from dashboard.views.responses import see_other, tell_errors
from dashboard.views.version_diff import compared

PAGE = 50


@dataclass(frozen=True)
class Row:
    version: Version
    successes: list[Deployment]  # newest first
    refusal: str  # why it cannot be rolled back to

    @property
    def last(self) -> Deployment:
        return self.successes[0]


@member_required
@require_safe
def versions(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    found = queries.pipeline_versions(pipeline, before=whole_number(request, "before"), limit=PAGE)
    successes = queries.successes(pipeline, found)
    context = {
        "rows": [_row(pipeline, each, successes.get(each.pk, [])) for each in found],
        "comparison": _comparison(request, pipeline),
        "older": found[-1].number if found and found[-1].number > 1 else None,
    }
    return tab(request, pipeline, "pipeline-versions", context)


def _row(pipeline: Pipeline, version: Version, successes: list[Deployment]) -> Row:
    possible = bool(successes) and version.pk != pipeline.current_version_id
    return Row(version, successes, "" if possible else "It was never deployed with success.")


def _comparison(request: HttpRequest, pipeline: Pipeline) -> dict[str, Any] | None:
    old, new = whole_number(request, "from"), whole_number(request, "to")
    if old is None or new is None:
        return None
    before = access.get_version(request.user, pipeline, old)
    after = access.get_version(request.user, pipeline, new)
    return comparison(pipeline, before, after)


def comparison(pipeline: Pipeline, old: Version, new: Version) -> dict[str, Any]:
    return {
        "old": old,
        "new": new,
        "changes": changes(pipeline, old, new),
        "lines": compared(old, new),
    }


@member_required
@require_http_methods(["GET", "POST"])
@tell_errors
def roll_back(request: HttpRequest, id: int, number: int) -> HttpResponseBase:
    """What would change, said before it is done."""
    pipeline = access.get_managed(request.user, id)
    to = access.get_version(request.user, pipeline, number)
    if request.method == "POST":
        asked = launch.roll_back(
            actor=require_member(request.user),
            pipeline=pipeline,
            version=to,
            operation=request.POST.get("operation", ""),
        )
        return see_other("deployment", asked.pk)
    assert pipeline.current_version is not None  # made together with the row
    context = {
        "pipeline": pipeline,
        "version": to,
        "next_number": pipeline.current_version.number + 1,
        "refusal": pipelines.rollback_refusal(pipeline, to),
        "comparison": comparison(pipeline, pipeline.current_version, to),
        "sandbox_shown": pipeline.connection.sandbox,
    }
    return render(request, "pipelines/roll_back.html", context)

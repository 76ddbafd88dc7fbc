"""Leaving: taking a Pipeline out, and letting go of what is deployed."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard import access
from dashboard.access import member_required, require_member, require_take_out
from dashboard.forms.confirm import TypeNameForm
from dashboard.forms.leaving import TakeOutForm
from dashboard.models import Pipeline
from dashboard.services import leaving
from dashboard.services.pipelines import version_in_cloud
from dashboard.views.pipelines import in_cloud
from dashboard.views.responses import see_other, tell_errors
from provisioning.errors import InvalidInput, NotPossible


@sensitive_post_parameters("passphrase", "again")
@member_required
@require_http_methods(["GET", "POST"])
def take_out(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    actor = require_take_out(request.user, pipeline)
    form = TakeOutForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            archive = leaving.take_out(
                actor=actor, pipeline=pipeline, passphrase=form.cleaned_data["passphrase"]
            )
            return download(archive)
        except InvalidInput as error:
            form.show(error)
        except NotPossible as error:
            form.add_error(None, str(error))
    return render(
        request,
        "pipelines/take_out.html",
        {**_context(pipeline), "form": form, "attached": _port(pipeline)},
        status=400 if form.errors else 200,
    )


@member_required
@require_http_methods(["GET", "POST"])
@tell_errors
def let_go(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    require_take_out(request.user, pipeline)
    form = TypeNameForm(pipeline.name, request.POST or None)
    if request.method == "POST" and form.is_valid():
        leaving.let_go(
            actor=require_member(request.user),
            pipeline=pipeline,
            typed=form.cleaned_data["name"],
        )
        messages.success(
            request,
            f"Skyclock has let go of {pipeline.name}. What it has in the cloud is as it was; its "
            "runs and deployments up to now stay in the history.",
        )
        return see_other("pipelines")
    context = {**_context(pipeline), "form": form, "resources": in_cloud(pipeline)}
    return render(request, "pipelines/let_go.html", context, status=400 if form.errors else 200)


def download(archive: leaving.Archive) -> HttpResponse:
    return HttpResponse(
        archive.content,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{archive.name}"'},
    )


def _port(pipeline: Pipeline) -> str:
    """Where the sandbox's provider listens, of which a README that was read later tells nothing."""
    return settings.SANDBOX_PROVIDER.rpartition(":")[2] if pipeline.connection.sandbox else ""


def _context(pipeline: Pipeline) -> dict[str, object]:
    return {
        "pipeline": pipeline,
        "version": version_in_cloud(pipeline) or pipeline.current_version,
        "sandbox_shown": pipeline.connection.sandbox,
    }

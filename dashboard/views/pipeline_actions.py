"""What people do with a Pipeline: deploy, destroy, delete, run."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import access, launch
from dashboard.access import member_required, require_member
from dashboard.forms.confirm import TypeNameForm
from dashboard.forms.run_now import RunNowForm
from dashboard.models import Deployment, Pipeline
from dashboard.services import history, pipelines, runs
from dashboard.views.pipelines import in_cloud
from dashboard.views.responses import back, see_other, tell_errors
from provisioning.blueprints import registry
from provisioning.errors import InvalidInput, SkyclockError


@member_required
@require_POST
@tell_errors
def deploy(request: HttpRequest, id: int) -> HttpResponseBase:
    """Preview, deploy or refresh. Destroying has a page of its own, which says what is lost."""
    pipeline = access.get_managed(request.user, id)
    operation = request.POST.get("operation", "")
    if operation == Deployment.Operation.DESTROY:
        return see_other("pipeline-destroy", pipeline.pk)
    if operation not in Deployment.Operation:
        messages.error(request, "Choose one of preview, deploy and refresh.")
        return back(request)
    deployment = launch.request_deployment(
        actor=require_member(request.user),
        pipeline=pipeline,
        operation=operation,
        plan=_plan(request, pipeline),
        message=request.POST.get("message", ""),
    )
    return see_other("deployment", deployment.pk)


def _plan(request: HttpRequest, pipeline: Pipeline) -> Deployment | None:
    """The preview whose plan is to be applied, where the form names one of this Pipeline."""
    named = request.POST.get("plan", "")
    if not named:
        return None
    plan = pipeline.deployments.filter(pk=int(named)).first() if named.isdecimal() else None
    if plan is None:
        raise InvalidInput.at("plan", f"{pipeline.name} has no preview {named}.")
    return plan


@member_required
@require_http_methods(["GET", "POST"])
@tell_errors
def destroy(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    form = TypeNameForm(pipeline.name, request.POST or None)
    if request.method == "POST" and form.is_valid():
        deployment = launch.request_deployment(
            actor=require_member(request.user),
            pipeline=pipeline,
            operation=Deployment.Operation.DESTROY,
            message=request.POST.get("message", ""),
        )
        return see_other("deployment", deployment.pk)
    context = {
        "form": form,
        "pipeline": pipeline,
        "resources": in_cloud(pipeline),
        "sandbox_shown": pipeline.connection.sandbox,
    }
    return render(request, "pipelines/destroy.html", context, status=400 if form.errors else 200)


@member_required
@require_http_methods(["GET", "POST"])
@tell_errors
def delete(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    form = TypeNameForm(pipeline.name, request.POST or None)
    if request.method == "POST" and form.is_valid():
        pipelines.delete(actor=require_member(request.user), pipeline=pipeline)
        messages.success(request, f"{pipeline.name} is deleted. Its runs stay in the history.")
        return see_other("pipelines")
    context = {
        "form": form,
        "pipeline": pipeline,
        "sandbox_shown": pipeline.connection.sandbox,
    }
    return render(request, "pipelines/delete.html", context, status=400 if form.errors else 200)


@member_required
@require_http_methods(["GET", "POST"])
@tell_errors
def run_now(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    form = RunNowForm(runs.parameters(pipeline), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = runs.start(
                actor=require_member(request.user), pipeline=pipeline, parameters=form.parameters
            )
        except InvalidInput as error:
            form.show(error)
        except SkyclockError as error:
            form.add_error(None, str(error))
        else:
            return see_other("run", run.pk)
    context = {
        "form": form,
        "pipeline": pipeline,
        "effects": registry.get(pipeline.blueprint).effects,
        "sandbox_shown": pipeline.connection.sandbox,
    }
    return render(request, "pipelines/run_now.html", context, status=400 if form.errors else 200)


@member_required
@require_POST
@tell_errors
def sync(request: HttpRequest, id: int) -> HttpResponseBase:
    """Pull the history now instead of at the next tick."""
    pipeline = access.get_pipeline(request.user, id)
    history.sync(pipeline)
    messages.success(request, "The history is as the cloud has it now.")
    return see_other("pipeline", pipeline.pk)

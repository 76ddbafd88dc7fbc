"""When a Pipeline is destroyed by itself: set, put off, taken away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import access, queries, times
from dashboard.access import member_required, require_member
from dashboard.context import zones
from dashboard.forms.drift import LifetimeForm
from dashboard.services import lifetimes
from dashboard.views.pipelines import in_cloud
from dashboard.views.responses import see_other, tell_errors
from provisioning.errors import InvalidInput, SkyclockError


@member_required
@require_http_methods(["GET", "POST"])
def lifetime(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    present, zone = queries.lifetime_of(pipeline), zones(request).mine
    form = LifetimeForm(pipeline, present, zone, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ends = lifetimes.set_end(
                actor=require_member(request.user),
                pipeline=pipeline,
                ends_at=form.cleaned_data["end"],
                timezone=zone.key,
                confirm=form.cleaned_data["confirm"].strip(),
            )
        except InvalidInput as error:
            form.show(error)
        except SkyclockError as error:
            form.add_error(None, str(error))
        else:
            at = f"{times.in_words(ends.ends_at, zone)} {times.label(ends.ends_at, zone)}"
            messages.success(request, f"{pipeline.name} is destroyed on {at}.")
            return see_other("pipeline", pipeline.pk)
    context = {
        "form": form,
        "pipeline": pipeline,
        "lifetime": present,
        "resources": in_cloud(pipeline),
        "sandbox_shown": pipeline.connection.sandbox,
    }
    return render(request, "pipelines/lifetime.html", context, status=400 if form.errors else 200)


@member_required
@require_POST
@tell_errors
def remove(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    lifetimes.remove(actor=require_member(request.user), pipeline=pipeline)
    messages.success(request, f"{pipeline.name} stays until somebody destroys it.")
    return see_other("pipeline", pipeline.pk)

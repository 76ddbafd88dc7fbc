"""The way to a pipeline: Connection → What → Settings → When → Review; and the edit of one.

Each step is a page of its own that works without a script. Its buttons post what was typed;
the draft keeps it, and the answer is a redirect, so that reload and back are harmless.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import access
from dashboard.access import member_required, require_member
from dashboard.forms import drafts
from dashboard.forms.described import STEPS, Described
from dashboard.forms.drafts import Draft
from dashboard.forms.schema import form_of
from dashboard.forms.triggers import first_kind, new_trigger, to_typed
from dashboard.forms.typing_in import act, take
from dashboard.models import Pipeline
from dashboard.views import wizard_pages, wizard_save
from dashboard.views.responses import see_other
from provisioning.blueprints import registry
from provisioning.errors import InvalidInput, NotPossible, Problem


@member_required
@require_safe
def new(request: HttpRequest) -> HttpResponseBase:
    """Begin; `?connection=` chooses one at once."""
    draft = drafts.start(request.session)
    chosen = request.GET.get("connection", "")
    if chosen.isdecimal():
        draft.connection = int(chosen)
        drafts.keep(request.session, draft)
    return see_other("pipeline-new-step", draft.id, "connection")


@member_required
@require_POST
def discard(request: HttpRequest, draft: str) -> HttpResponseBase:
    kept = drafts.load(request.session, draft)
    drafts.discard(request.session, draft)
    if kept and kept.pipeline:
        return see_other("pipeline", kept.pipeline)
    return see_other("pipeline-new")


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_step(request: HttpRequest, draft: str, step: str) -> HttpResponseBase:
    kept = drafts.load(request.session, draft)
    if kept is None:
        messages.info(request, "This draft is gone: it was saved, discarded or of another session.")
        return see_other("pipeline-new")
    return _step(request, Described(kept, require_member(request.user)), step)


@member_required
@require_safe
def edit(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    draft = drafts.load(request.session, _edit_key(pipeline))
    if draft is None:
        drafts.keep(request.session, _draft_of(pipeline))
    elif pipeline.current_version and draft.base != pipeline.current_version.number:
        number = pipeline.current_version.number
        messages.warning(
            request,
            f"Your unfinished edit began with version {draft.base}; by now there is version "
            f"{number}. Discard the edit to begin with that one.",
        )
    return see_other("pipeline-edit-step", id, request.GET.get("step", "settings"))


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_step(request: HttpRequest, id: int, step: str) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    draft = drafts.load(request.session, _edit_key(pipeline))
    if draft is None:
        return see_other("pipeline-edit", id)
    return _step(request, Described(draft, require_member(request.user)), step)


def _edit_key(pipeline: Pipeline) -> str:
    return f"edit-{pipeline.pk}"


def _draft_of(pipeline: Pipeline) -> Draft:
    version = pipeline.current_version
    if version is None:
        raise Http404("This pipeline has no version.")
    form = form_of(registry.get(pipeline.blueprint).Settings)
    return Draft(
        id=_edit_key(pipeline),
        pipeline=pipeline.pk,
        base=version.number,
        connection=pipeline.connection_id,
        blueprint=pipeline.blueprint,
        name=pipeline.name,
        settings=form.to_raw(version.settings),
        triggers=[to_typed(trigger) for trigger in version.triggers],
    )


# ── A step ──────────────────────────────────────────────────────────────────────────


def _step(request: HttpRequest, described: Described, step: str) -> HttpResponseBase:
    if step not in described.steps:
        raise Http404(f"There is no step {step}.")
    if request.method == "POST":
        return _posted(request, described, step)
    draft = described.draft
    if step == "when" and draft.triggers is None:
        kind = first_kind(described.blueprint)
        draft.triggers = [new_trigger(kind, described.user.timezone)]
        drafts.keep(request.session, draft)
    return _page(request, described, step)


def _posted(request: HttpRequest, described: Described, step: str) -> HttpResponseBase:
    draft, action = described.draft, request.POST.get("do", "next")
    take(draft, request.POST)
    path = act(described, action)
    drafts.keep(request.session, draft)
    described = Described(draft, described.user)  # what was typed may change what it comes to
    if action == "keep":
        return HttpResponse(status=204)
    if path is not None:
        return _here(described, step, path)
    if action in wizard_save.ACTIONS:
        return _save(request, described, action)
    return _move(request, described, step, action)


def _move(request: HttpRequest, described: Described, step: str, action: str) -> HttpResponseBase:
    steps = described.steps
    here = steps.index(step)
    if action == "back":
        return see_other(url_of(described, steps[max(here - 1, 0)]))
    if action.startswith("go:") and action[3:] in steps:
        return see_other(url_of(described, action[3:]))
    if problems := described.problems(step):
        return _page(request, described, step, problems)
    return see_other(url_of(described, steps[min(here + 1, len(steps) - 1)]))


def _here(described: Described, step: str, path: str) -> HttpResponse:
    """The same step again, at the place that changed."""
    place = f"?{urlencode({'at': path})}#f-{path.replace('.', '-')}" if path else ""
    return see_other(url_of(described, step) + place)


def _save(request: HttpRequest, described: Described, action: str) -> HttpResponseBase:
    if problems := described.problems("review"):
        return _page(request, described, "review", problems)
    try:
        saved = wizard_save.save(described, action, over=request.POST.get("over", ""))
    except InvalidInput as error:
        return _page(request, described, "review", error.problems)
    except NotPossible as error:
        return _page(request, described, "review", (Problem(field="", message=str(error)),))
    drafts.discard(request.session, described.draft.id)
    if saved.not_asked:
        messages.error(request, saved.not_asked)
    return see_other(saved.to)


def url_of(described: Described, step: str) -> str:
    if described.draft.pipeline:
        return reverse("pipeline-edit-step", args=[described.draft.pipeline, step])
    return reverse("pipeline-new-step", args=[described.draft.id, step])


def _page(
    request: HttpRequest,
    described: Described,
    step: str,
    problems: tuple[Problem, ...] = (),
) -> HttpResponse:
    context = {
        **wizard_pages.context(described, step, problems),
        "stepper": [
            {"name": one, "title": STEPS[one], "here": one == step, "url": url_of(described, one)}
            for one in described.steps
        ],
        "here": url_of(described, step),
        "arrived": request.GET.get("at", ""),
        "unfinished": [one for one in drafts.every(request.session) if not one.pristine],
    }
    return render(request, f"wizard/{step}.html", context, status=422 if problems else 200)

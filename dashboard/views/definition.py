"""The check of a text inside a settings form, while it is typed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_POST

from dashboard.access import member_required
from dashboard.forms import dotted
from dashboard.forms.settings import ROOT, SettingsForm
from provisioning.blueprints import registry


@member_required
@require_POST
def definition_check(request: HttpRequest) -> HttpResponseBase:
    """All settings of a form are posted; the answer is what is wrong with the one named
    `field`, each problem with its line where it has one."""
    typed = dotted.nest((name, str(request.POST[name])) for name in request.POST)
    kind, field = request.POST.get("blueprint", ""), request.POST.get("field", "")
    if kind not in registry.BLUEPRINTS:
        raise Http404(f"There is no blueprint {kind}.")
    form = SettingsForm(registry.get(kind), typed.get(ROOT, {}))
    problems = form.validate()[1]
    located = SettingsForm(form.blueprint, form.raw, problems).located
    found = [
        {"line": problem.line, "message": problem.message, "code": problem.code}
        for path, problem in located
        if path == field
    ]
    return JsonResponse({"problems": found})

"""What the fields of a form of activities must be together: names, order, references, secrets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from provisioning.errors import Problem

from ..common.graph import cycle
from . import values
from .activities import Activity, CopyActivity, ExecutePipelineActivity, WebActivity, inside
from .building import OWN_PARAMETERS, filled_parameters
from .copying import HttpFile, OtherFiles, OwnFiles, TriggeredFile
from .fields import is_expression
from .pasted import properties
from .settings import InnerParameter, Parameter, Settings

MOST_ACTIVITIES = 120
WITH_BODY = ("POST", "PUT", "PATCH")
# Headers that hold secrets in most services.
SECRET_HEADERS = (
    "authorization", "proxy-authorization", "x-api-key", "api-key", "x-functions-key",
    "ocp-apim-subscription-key", "x-auth-token", "cookie",
)  # fmt: skip


def problems(settings: Settings) -> list[Problem]:
    if not settings.activities:
        return [Problem("activities", "Add at least one activity.", "required")]
    found = [*_parameters("parameters", settings.parameters)]
    found += _fillings(settings)
    found += _scope(settings, settings.activities, "activities", settings.parameters)
    for position, inner in enumerate(settings.pipelines):
        field = f"pipelines.{position}"
        found += _parameters(f"{field}.parameters", inner.parameters)
        found += _scope(settings, inner.activities, f"{field}.activities", inner.parameters)
    found += _repeated("pipelines", [each.name for each in settings.pipelines])
    return found or list(_pipelines_in_a_circle(settings))


def _parameters(field: str, parameters: Sequence[Parameter | InnerParameter]) -> Iterator[Problem]:
    yield from _repeated(field, [each.name.lower() for each in parameters])
    for position, each in enumerate(parameters):
        at = f"{field}.{position}"
        if each.name.lower() in OWN_PARAMETERS:
            yield Problem(f"{at}.name", "Skyclock has a parameter of this name itself.", "reserved")
        if each.default is not None and (wrong := values.problem(each.default, each.type)):
            yield Problem(f"{at}.default", wrong)


def _fillings(settings: Settings) -> Iterator[Problem]:
    filled = [each.filled_with for each in settings.parameters]
    times = Counter(filled)
    for position, filling in enumerate(filled):
        at = f"parameters.{position}"
        if filling != "Nothing" and times[filling] > 1 and filling in filled[:position]:
            yield Problem(f"{at}.filled_with", "Another parameter is filled with it.", "duplicate")
        type = settings.parameters[position].type
        fitting = ("Object", "String") if filling == "EventData" else ("String",)
        if filling != "Nothing" and type not in fitting:
            yield Problem(f"{at}.type", f"What fills it is of the type {' or '.join(fitting)}.")


def filled_problems(settings: Settings) -> list[Problem]:
    """Of a pasted definition that was checked: it has the parameters that triggers fill."""
    known = properties(settings.definition).get("parameters") or {}
    found = []
    for position, each in enumerate(settings.filled):
        if each.name not in known:
            message = f"The definition has no parameter '{each.name}'."
            found.append(Problem(f"filled.{position}.name", message, "unknown"))
        if each.filled_with in [other.filled_with for other in settings.filled[:position]]:
            message = "Another parameter is filled with it."
            found.append(Problem(f"filled.{position}.filled_with", message, "duplicate"))
    return found


def _repeated(field: str, names: list[str]) -> Iterator[Problem]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield Problem(f"{field}.{position}.name", f"'{name}' is there already.", "duplicate")


# ── Activities ──────────────────────────────────────────────────────────────────────


def _scope(
    settings: Settings,
    activities: Sequence[Activity],
    field: str,
    parameters: Sequence[Parameter | InnerParameter],
) -> Iterator[Problem]:
    """All activities of one pipeline."""
    everything = list(_everything(activities, field))
    if len(everything) > MOST_ACTIVITIES:
        yield Problem(
            field, f"Data Factory takes at most {MOST_ACTIVITIES} activities in a pipeline."
        )
    seen: set[str] = set()
    for at, activity in everything:
        if activity.name.lower() in seen:
            yield Problem(f"{at}.name", f"'{activity.name}' is there already.", "duplicate")
        seen.add(activity.name.lower())
        yield from _single(settings, activity, at, parameters)
    yield from _order(activities, field)


def _everything(activities: Sequence[Activity], field: str) -> Iterator[tuple[str, Activity]]:
    for position, activity in enumerate(activities):
        at = f"{field}.{position}"
        yield at, activity
        for name, inner in inside(activity):
            yield from _everything(inner, f"{at}.{name}")


def _order(activities: Sequence[Activity], field: str) -> Iterator[Problem]:
    """What runs after what, among those beside each other."""
    beside = [each.name for each in activities]
    for position, activity in enumerate(activities):
        at = f"{field}.{position}"
        for number, dependency in enumerate(activity.depends_on):
            where = f"{at}.depends_on.{number}.activity"
            if dependency.activity == activity.name:
                yield Problem(where, "An activity cannot run after itself.", "cycle")
            elif dependency.activity not in beside:
                yield Problem(
                    where, f"There is no activity '{dependency.activity}' beside it.", "unknown"
                )
        for name, inner in inside(activity):
            yield from _order(inner, f"{at}.{name}")
        if any(inside(activity)) and not any(inner for _, inner in inside(activity)):
            yield Problem(f"{at}.then", "Add an activity to one of the branches.", "required")
    waits = {each.name: [one.activity for one in each.depends_on] for each in activities}
    waits = {name: [one for one in others if one != name] for name, others in waits.items()}
    if walk := cycle(waits):
        message = f"Activities wait for each other: {' → '.join(reversed(walk))}."
        yield Problem(f"{field}.{beside.index(walk[0])}.depends_on", message, "cycle")


def _single(
    settings: Settings,
    activity: Activity,
    at: str,
    parameters: Sequence[Parameter | InnerParameter],
) -> Iterator[Problem]:
    if isinstance(activity, WebActivity):
        yield from _web(activity, at)
    if isinstance(activity, CopyActivity):
        outer = parameters is settings.parameters
        yield from _copy(activity, at, triggered=outer and filled_parameters(settings) is not None)
    if isinstance(activity, ExecutePipelineActivity):
        yield from _execute(settings, activity, at)


def _web(activity: WebActivity, at: str) -> Iterator[Problem]:
    if activity.method in WITH_BODY and not activity.body:
        yield Problem(f"{at}.body", f"A {activity.method} needs a body.", "required")
    if activity.method == "GET" and activity.body:
        yield Problem(f"{at}.body", "A GET has no body.")
    for name, text in activity.headers.items():
        if name.lower() in SECRET_HEADERS and not is_expression(text):
            yield Problem(
                f"{at}.headers",
                f"'{name}' is a secret, and settings are kept readable. Choose an authentication, "
                "or fetch the secret from a Key Vault by a web request before this one.",
                "secret",
            )


def _copy(activity: CopyActivity, at: str, *, triggered: bool) -> Iterator[Problem]:
    if (activity.source_format == "Binary") != (activity.sink_format == "Binary"):
        yield Problem(
            f"{at}.sink_format", "Binary goes into Binary only: it is copied without being read."
        )
    if isinstance(activity.source, TriggeredFile) and not triggered:
        yield Problem(
            f"{at}.source",
            "The pipeline needs a parameter that is filled with the file name and one that is "
            "filled with the folder.",
        )
    if isinstance(activity.source, HttpFile) and activity.source.url.endswith("/"):
        yield Problem(f"{at}.source.url", "The address has to name a file.")
    for side in ("source", "sink"):
        place = getattr(activity, side)
        if isinstance(place, OwnFiles | OtherFiles) and place.folder.startswith("/"):
            yield Problem(f"{at}.{side}.folder", "A folder begins without a slash.")


def _execute(settings: Settings, activity: ExecutePipelineActivity, at: str) -> Iterator[Problem]:
    called = {each.name: each for each in settings.pipelines}.get(activity.pipeline)
    if called is None:
        message = f"There is no inner pipeline '{activity.pipeline}'."
        yield Problem(f"{at}.pipeline", message, "unknown")
        return
    known = {each.name: each for each in called.parameters}
    for name, text in activity.parameters.items():
        if name not in known:
            message = f"'{called.name}' has no parameter '{name}'."
            yield Problem(f"{at}.parameters", message, "unknown")
        elif not is_expression(text) and (wrong := values.problem(text, known[name].type)):
            yield Problem(f"{at}.parameters", f"'{name}': {wrong}")
    for name, each in known.items():
        if each.default is None and name not in activity.parameters:
            yield Problem(f"{at}.parameters", f"'{name}' has no default: give a value.", "required")


def _pipelines_in_a_circle(settings: Settings) -> Iterator[Problem]:
    calls = {
        each.name: [
            one.pipeline
            for _, one in _everything(each.activities, "")
            if isinstance(one, ExecutePipelineActivity)
        ]
        for each in settings.pipelines
    }
    if walk := cycle(calls):
        message = f"Pipelines start each other: {' → '.join(reversed(walk))}."
        position = [each.name for each in settings.pipelines].index(walk[0])
        yield Problem(f"pipelines.{position}.activities", message, "cycle")

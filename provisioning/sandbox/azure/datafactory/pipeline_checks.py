"""What Data Factory refuses in a pipeline before it keeps it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from provisioning.sandbox.azure.datafactory.activities import (
    BRANCHES,
    LOOPS,
    Activity,
    every,
    properties,
    scopes,
)
from provisioning.sandbox.azure.datafactory.documents import require_type
from provisioning.sandbox.azure.errors import bad_request
from provisioning.sandbox.azure.times import parse_span
from provisioning.sandbox.rest import RestError

MOST_ACTIVITIES = 120
MOST_PARAMETERS = 50
MOST_VARIABLES = 50
_NAME = re.compile(r"[A-Za-z0-9_][^<>*#.%&:\\+?/]{0,54}")
_CONDITIONS = ("Succeeded", "Failed", "Skipped", "Completed")
_PARAMETER_TYPES = ("object", "string", "int", "float", "bool", "array", "securestring")
_VARIABLE_TYPES = ("string", "bool", "boolean", "array", "integer")


def require_pipeline(definition: dict[str, Any], *, target: str) -> None:
    """Raises RestError for the first thing that is wrong."""
    wrong = next(_problems(definition), None)
    if wrong is not None:
        raise bad_request(wrong, target=target)
    for activity in every(definition.get("activities") or []):
        require_type("activities", activity, target=target)
    template_problem = next(_template_problems(definition.get("activities") or []), None)
    if template_problem is not None:
        raise invalid_template(template_problem, target=target)


def invalid_template(problem: str, *, target: str) -> RestError:
    """As the workflow engine below Data Factory words what it cannot make sense of."""
    message = (
        f"ErrorCode=InvalidTemplate, ErrorMessage=The template validation failed: '{problem}'."
    )
    return bad_request(message, target=target)


def _problems(definition: dict[str, Any]) -> Iterator[str]:
    activities = definition.get("activities") or []
    if not isinstance(activities, list) or not all(isinstance(each, dict) for each in activities):
        yield "Property 'activities' has to be a list of activities."
        return
    everything = list(every(activities))
    if len(everything) > MOST_ACTIVITIES:
        count = len(everything)
        yield f"A pipeline has at most {MOST_ACTIVITIES} activities; this one has {count}."
    yield from _name_problems(everything)
    yield from _nesting_problems(activities)
    yield from _declaration_problems(definition)
    for activity in everything:
        yield from _policy_problems(activity)
        yield from _type_problems(activity)
    concurrency = definition.get("concurrency")
    if concurrency is not None and not (isinstance(concurrency, int) and concurrency >= 1):
        yield "Property 'concurrency' has to be a positive number."


def _name_problems(activities: list[Activity]) -> Iterator[str]:
    for activity in activities:
        name = activity.get("name")
        if not name:
            yield "Required property 'name' of an activity is missing in payload."
        elif not _NAME.fullmatch(str(name)):
            yield (
                f"The activity name '{name}' is invalid. It begins with a letter, a digit or "
                "'_', has at most 55 characters, and none of <>*#.%&:\\+?/."
            )
    counts = Counter(str(activity.get("name")).lower() for activity in activities)
    for name, count in counts.items():
        if count > 1:
            yield f"Activity name '{name}' is not unique in the pipeline."


def _nesting_problems(activities: list[Activity], *, inside: tuple[str, ...] = ()) -> Iterator[str]:
    """Branches go into loops; nothing that contains goes into a branch, no loop into a loop."""
    for activity in activities:
        kind, name = str(activity.get("type")), activity.get("name")
        if kind == "Validation" and inside:
            yield f"The Validation activity '{name}' cannot be inside another activity."
        if kind in LOOPS + BRANCHES and inside:
            allowed = kind in BRANCHES and inside[-1] in LOOPS
            if not allowed:
                yield (
                    f"The container activity '{name}' of type {kind} cannot be inside an "
                    f"activity of type {inside[-1]}."
                )
        for scope in scopes(activity):
            yield from _nesting_problems(scope, inside=(*inside, kind))


def _declaration_problems(definition: dict[str, Any]) -> Iterator[str]:
    parameters, variables = definition.get("parameters") or {}, definition.get("variables") or {}
    if len(parameters) > MOST_PARAMETERS:
        yield f"A pipeline has at most {MOST_PARAMETERS} parameters."
    if len(variables) > MOST_VARIABLES:
        yield f"A pipeline has at most {MOST_VARIABLES} variables."
    for name, each in parameters.items():
        if str(each.get("type", "")).lower() not in _PARAMETER_TYPES:
            yield f"The parameter '{name}' has no known type."
    for name, each in variables.items():
        if str(each.get("type", "")).lower() not in _VARIABLE_TYPES:
            yield f"The variable '{name}' has no known type."
    known = {name.lower(): str(each.get("type", "")).lower() for name, each in variables.items()}
    for activity in every(definition.get("activities") or []):
        yield from _variable_problems(activity, known)


def _variable_problems(activity: Activity, known: dict[str, str]) -> Iterator[str]:
    kind, given = activity.get("type"), properties(activity)
    if kind not in ("SetVariable", "AppendVariable") or given.get("setSystemVariable"):
        return
    name = str(given.get("variableName", ""))
    if name.lower() not in known:
        yield f"The variable '{name}' of activity '{activity.get('name')}' is not defined."
    elif kind == "AppendVariable" and known[name.lower()] != "array":
        yield f"The variable '{name}' is appended to, but is not an Array."


def _policy_problems(activity: Activity) -> Iterator[str]:
    policy, name = activity.get("policy") or {}, activity.get("name")
    timeout = policy.get("timeout")
    if isinstance(timeout, str) and not timeout.startswith("@") and not _is_span(timeout):
        yield f"The timeout '{timeout}' of activity '{name}' is not a time span (d.hh:mm:ss)."
    retry, pause = policy.get("retry"), policy.get("retryIntervalInSeconds")
    if isinstance(retry, int) and retry < 0:
        yield f"The retry count of activity '{name}' is negative."
    if isinstance(pause, int) and not 30 <= pause <= 86_400:
        yield f"The retry interval of activity '{name}' is not between 30 and 86400 seconds."


def _type_problems(activity: Activity) -> Iterator[str]:
    given, name = properties(activity), activity.get("name")
    batch = given.get("batchCount")
    if activity.get("type") == "ForEach" and isinstance(batch, int) and not 1 <= batch <= 50:
        yield f"The batch count of activity '{name}' is not between 1 and 50."
    for end in ("inputs", "outputs") if activity.get("type") == "Copy" else ():
        if len(activity.get(end) or []) != 1:
            yield f"The activity '{name}' of type Copy needs exactly one dataset in '{end}'."
    wait = given.get("waitTimeInSeconds")
    if activity.get("type") == "Wait" and isinstance(wait, int) and wait < 1:
        yield f"The wait time of activity '{name}' has to be at least one second."


def _template_problems(scope: list[Activity]) -> Iterator[str]:
    names = {str(activity["name"]) for activity in scope}
    graph: dict[str, list[str]] = {}
    for activity in scope:
        graph[activity["name"]] = []
        for dependency in activity.get("dependsOn") or []:
            wanted = dependency.get("activity")
            if wanted not in names:
                yield (
                    f"The 'runAfter' property of template action '{activity['name']}' contains "
                    f"non-existent action: '{wanted}'."
                )
            graph[activity["name"]].append(str(wanted))
            yield from _condition_problems(activity, dependency)
        for inner in scopes(activity):
            yield from _template_problems(inner)
    yield from _cycle_problems(graph)


def _condition_problems(activity: Activity, dependency: dict[str, Any]) -> Iterator[str]:
    found = dependency.get("dependencyConditions") or []
    if not found or any(each not in _CONDITIONS for each in found):
        yield (
            f"The dependency conditions of template action '{activity['name']}' on "
            f"'{dependency.get('activity')}' are not of {', '.join(_CONDITIONS)}."
        )


def _cycle_problems(graph: dict[str, list[str]]) -> Iterator[str]:
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = "', '".join(error.args[1])
        yield f"The template actions '{circle}' depend on each other in a circle."


def _is_span(text: str) -> bool:
    try:
        parse_span(text)
    except ValueError:
        return False
    return True

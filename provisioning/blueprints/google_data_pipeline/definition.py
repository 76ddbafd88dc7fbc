"""A pasted workload: JSON as the Data Pipelines API takes it, held against what it knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.errors import Problem

from ..google_common.fields import ADDRESS
from .building import CLASSIC, FLEX, LAUNCH, TEMPLATE
from .settings import Settings

FIELD = "workload"
JOB_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
PLACEHOLDER = re.compile(r"\$\{(?!bucket\})[^}]*\}?")

# https://cloud.google.com/dataflow/docs/reference/data-pipelines/rest/v1/projects.locations.pipelines
_COMMON = """additionalExperiments additionalUserLabels enableStreamingEngine ipConfiguration
    kmsKeyName machineType maxWorkers network numWorkers serviceAccountEmail subnetwork
    tempLocation workerRegion workerZone zone"""
KNOWN: dict[str, dict[str, frozenset[str]]] = {
    CLASSIC: {
        "": frozenset({"gcsPath", "launchParameters"}),
        "launchParameters": frozenset({"jobName", "parameters", "environment"}),
        "environment": frozenset({*_COMMON.split(), "bypassTempDirValidation"}),
    },
    FLEX: {
        "": frozenset({"launchParameter"}),
        "launchParameter": frozenset(
            {"jobName", "containerSpecGcsPath", "parameters", "launchOptions", "environment"}
        ),
        "environment": frozenset({*_COMMON.split(), "flexrsGoal"}),
    },
}
# What the pipeline says by itself, or what only streaming jobs have.
SAID_FOR_IT = ("projectId", "location")
NOT_FOR_BATCH = ("update", "transformNameMapping", "transformNameMappings", "validateOnly")


def problems(settings: Settings) -> list[Problem]:
    """What is wrong with settings seen together."""
    if settings.source == "workload":
        return list(_workload_problems(settings.workload))
    return list(_form_problems(settings))


def _form_problems(settings: Settings) -> Iterator[Problem]:
    if not settings.template:
        yield Problem("template", "This is required.", "required")
    said = settings.environment
    if said.num_workers and said.max_workers and said.num_workers > said.max_workers:
        yield Problem("environment.num_workers", "These are more than the most that there may be.")
    if not said.public_addresses and not (said.network or said.subnetwork):
        yield Problem(
            "environment.subnetwork",
            "Without public addresses, name a subnetwork that has Private Google Access.",
        )
    for name, value in settings.parameters.items():
        if found := PLACEHOLDER.search(value):
            yield Problem(f"parameters.{name}", _no_placeholder(found[0]))


def _workload_problems(text: str) -> Iterator[Problem]:
    try:
        found = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", None)
        yield Problem(FIELD, f"This is not JSON: {error}.", "json", line)
        return
    if not isinstance(found, dict) or len(found) != 1 or not {CLASSIC, FLEX} & {*found}:
        yield Problem(FIELD, f"Give one of {CLASSIC} and {FLEX}, and nothing beside it.")
        return
    ((kind, request),) = found.items()
    if not isinstance(request, dict):
        yield Problem(FIELD, f"{kind} has to be an object.")
        return
    yield from _request_problems(kind, request)
    if placeholder := PLACEHOLDER.search(text):
        yield Problem(FIELD, _no_placeholder(placeholder[0]))


def _request_problems(kind: str, request: Mapping[str, Any]) -> Iterator[Problem]:
    launch = request.get(LAUNCH[kind], {})
    environment = launch.get("environment", {}) if isinstance(launch, Mapping) else {}
    levels = {"": request, LAUNCH[kind]: launch, "environment": environment}
    for name, level in levels.items():
        if not isinstance(level, Mapping):
            yield Problem(FIELD, f"{name} has to be an object.")
            return
        yield from _unknown(level, KNOWN[kind][name], name or kind)
    holder = launch if kind == FLEX else request
    if not re.fullmatch(ADDRESS, str(holder.get(TEMPLATE[kind], ""))):
        yield Problem(FIELD, f"{TEMPLATE[kind]} is required, an address such as gs://bucket/path.")
    if "jobName" in launch and not JOB_NAME.fullmatch(str(launch["jobName"])):
        yield Problem(
            FIELD, "jobName has small letters, digits and hyphens; a letter first, no hyphen last."
        )
    for name in ("parameters", "launchOptions"):
        yield from _text_problems(name, launch.get(name, {}))
    yield from _text_problems("additionalUserLabels", environment.get("additionalUserLabels", {}))


def _unknown(level: Mapping[str, Any], known: frozenset[str], where: str) -> Iterator[Problem]:
    for name in level:
        if name in SAID_FOR_IT:
            yield Problem(FIELD, f"Leave {name} out: the connection's own is taken.")
        elif name in NOT_FOR_BATCH:
            yield Problem(FIELD, f"Leave {name} out: it has no meaning for jobs that run anew.")
        elif name not in known:
            yield Problem(FIELD, f"{where} has no '{name}'. Known: {', '.join(sorted(known))}.")


def _text_problems(name: str, found: Any) -> Iterator[Problem]:
    texts = isinstance(found, Mapping) and all(isinstance(each, str) for each in found.values())
    if not texts:
        yield Problem(FIELD, f"{name} has to be a table of names and texts.")


def _no_placeholder(text: str) -> str:
    return f"'{text}' stands for nothing; ${{bucket}} stands for the pipeline's own bucket."

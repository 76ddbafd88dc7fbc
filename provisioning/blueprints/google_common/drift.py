"""Differences between Google Cloud and the definition, in the domain's words."""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.contracts import Difference, Drift

from ..common import drift

PIPELINE = "gcp:dataflow/pipeline:Pipeline"
WORKFLOW = "gcp:workflows/workflow:Workflow"
TRIGGER = "gcp:eventarc/trigger:Trigger"
SERVICE = "gcp:cloudrunv2/service:Service"

# What the cloud is called in a sentence, by kind.
NOUNS = {
    PIPELINE: "data pipeline",
    WORKFLOW: "workflow",
    TRIGGER: "Eventarc trigger",
    SERVICE: "Cloud Run service",
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": "permission",
    "gcp:projects/iAMMember:IAMMember": "permission",
    "gcp:pubsub/topic:Topic": "topic",
    "gcp:serviceaccount/account:Account": "service account",
    "gcp:serviceaccount/iAMMember:IAMMember": "permission",
    "gcp:storage/bucket:Bucket": "bucket",
    "gcp:storage/bucketIAMMember:BucketIAMMember": "permission",
}
# Written by Google itself, or of no meaning for what happens.
_COSMETIC = """labels effectiveLabels pulumiLabels description displayName etag updateTime updated
    lastUpdateTime jobCount revisionId generation observedGeneration latestReadyRevision
    latestCreatedRevision conditions terminalConditions trafficStatuses lastModifier client
    clientVersion reconciling"""
COSMETIC = frozenset(_COSMETIC.split())


def _schedule(difference: Difference) -> str:
    if difference.found is None:
        return "has no schedule any more: it was paused in the cloud."
    if difference.expected is None:
        return "was given a schedule in the cloud."
    return drift.rescheduled(_timing(difference.expected), _timing(difference.found))


def _timing(native: object) -> str:
    expression, _, timezone = str(native).rpartition(" ")
    return drift.timing(expression, timezone, expression)


def _native(inputs: Mapping[str, object]) -> str | None:
    """As people read it: "0 6 * * * Europe/Berlin"."""
    expression = drift.at(inputs, "scheduleInfo", "schedule")
    zone = drift.at(inputs, "scheduleInfo", "timeZone") or "UTC"
    return f"{expression} {zone}" if expression else None


def _state(difference: Difference) -> str:
    if difference.found == "STATE_ARCHIVED":
        return "was stopped in the cloud, for good: it has to be made anew."
    return f"is in the state {difference.found}."


def _workload(difference: Difference) -> str:
    return f"starts other jobs than was deployed: {drift.changed(difference)}."


def _paused(difference: Difference) -> str:
    paused = "true" in str(difference.found)
    return "was paused in the cloud." if paused else "was resumed in the cloud."


def _source(difference: Difference) -> str:
    return "does something else than what was deployed."


def _filters(difference: Difference) -> str:
    return f"waits for other events than was deployed: {drift.changed(difference)}."


def _destination(difference: Difference) -> str:
    return f"carries events elsewhere: {drift.changed(difference)}."


def _template(difference: Difference) -> str:
    return f"runs otherwise than was deployed: {drift.changed(difference)}."


WORDED: dict[tuple[str, str], drift.Worded] = {
    (PIPELINE, "scheduleInfo"): _schedule,
    (PIPELINE, "state"): _state,
    (PIPELINE, "workload"): _workload,
    (WORKFLOW, "userEnvVars"): _paused,
    (WORKFLOW, "sourceContents"): _source,
    (TRIGGER, "matchingCriterias"): _filters,
    (TRIGGER, "destination"): _destination,
    (SERVICE, "template"): _template,
}


WHOLES = (drift.Whole(PIPELINE, ("scheduleInfo",), "scheduleInfo", _native),)


def explain(difference: Difference) -> Drift | None:
    """None where nothing better can be said than that it differs."""
    return drift.explain(difference, drift.Words(NOUNS, _cosmetic, WORDED))


def _cosmetic(path: str) -> bool:
    return drift.first_part(path) in COSMETIC or path.endswith("nextJobTime")

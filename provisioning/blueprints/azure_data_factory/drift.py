"""Differences between Azure and the definition, in the domain's words."""

from __future__ import annotations

import json
from typing import Any

from provisioning.blueprints.common.drift import (
    Whole,
    at,
    changed,
    first_part,
    otherwise,
    rescheduled,
    timing,
)
from provisioning.contracts import Difference, Drift
from provisioning.schedules.backwards import from_recurrence

DATA_FACTORY = "azure-native:datafactory"
TRIGGER = f"{DATA_FACTORY}:Trigger"
STATE = "properties.runtimeState"
RECURRENCE = "properties.recurrence"
# What the cloud is called in a sentence, by kind.
NOUNS = {
    "azure-native:resources:ResourceGroup": "resource group",
    "azure-native:storage:StorageAccount": "storage account",
    "azure-native:storage:BlobContainer": "container",
    "azure-native:eventgrid:Topic": "topic",
    "azure-native:authorization:RoleAssignment": "role",
    f"{DATA_FACTORY}:Factory": "factory",
    f"{DATA_FACTORY}:LinkedService": "linked service",
    f"{DATA_FACTORY}:Dataset": "dataset",
    f"{DATA_FACTORY}:Pipeline": "pipeline",
    TRIGGER: "trigger",
}
# Written by Azure itself, or of no meaning for what happens.
COSMETIC = (
    "tags", "description", "annotations", "etag", "eTag", "systemData", "folder", "version",
    "createTime", "provisioningState", "azureApiVersion", "updatedOn", "updatedBy",
    "keyCreationTime", "lastModifiedTime", "statusOfPrimary", "metricResourceId",
)  # fmt: skip


def explain(difference: Difference) -> Drift | None:
    """None where nothing better can be said than that it differs."""
    noun = NOUNS.get(difference.kind)
    if noun is None:
        return None
    subject = f"The {noun} {difference.name}"
    if not difference.path:
        return Drift(sentence=f"{subject} was deleted in the cloud.")
    if difference.kind == TRIGGER:
        return _trigger(subject, difference)
    if first_part(difference.path) in COSMETIC:
        return Drift(sentence=f"{subject} has another {difference.path}.", cosmetic=True)
    if difference.kind == f"{DATA_FACTORY}:Pipeline":
        return Drift(sentence=f"{subject} does something else: {changed(difference)}.")
    return otherwise(subject, difference)


def _trigger(subject: str, difference: Difference) -> Drift:
    """Every trigger is made stopped and started by a call: that it runs is no change."""
    last = difference.path.rpartition(".")[2]
    if last == "runtimeState":
        if difference.found == "Started":
            return Drift(sentence=f"{subject} is started.", cosmetic=True)
        return Drift(sentence=f"{subject} was stopped in the cloud.")
    if last in COSMETIC or difference.path.partition(".")[0] in COSMETIC:
        return Drift(sentence=f"{subject} has another {last}.", cosmetic=True)
    if difference.path == RECURRENCE:
        told = rescheduled(_timing(difference.expected), _timing(difference.found))
        return Drift(sentence=f"{subject} {told}")
    if "recurrence" in difference.path:
        return Drift(sentence=f"{subject} fires at other times: {changed(difference)}.")
    if "pipeline" in difference.path:
        return Drift(sentence=f"{subject} starts its pipeline otherwise: {changed(difference)}.")
    return Drift(sentence=f"{subject} waits for something else: {changed(difference)}.")


def _timing(recurrence: Any) -> str:
    said = from_recurrence(recurrence) if recurrence else None
    if said is None:
        zone = recurrence.get("timeZone", "UTC") if isinstance(recurrence, dict) else "UTC"
        return timing(None, zone, json.dumps(recurrence, sort_keys=True))
    return timing(said[0], said[1], "")


WHOLES = (
    Whole(
        TRIGGER, (RECURRENCE,), RECURRENCE, lambda inputs: at(inputs, "properties", "recurrence")
    ),
)

"""Hints for Azure's errors and words for differences; what is found in an account."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.contracts import Difference, Level

TRIGGER = "azure-native:datafactory:Trigger"


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("TriggerEnabledCannotUpdate", "", "Deploy again: it is stopped before the change"),
        (
            "AuthorizationFailed",
            "The client 'x' does not have authorization to perform action "
            "'Microsoft.DataFactory/factories/write' over scope '/subscriptions/y'.",
            "lacks Microsoft.DataFactory/factories/write",
        ),
        (
            "AuthorizationFailed",
            "… to perform action 'Microsoft.Authorization/roleAssignments/write' over …",
            "Role Based Access Control Administrator",
        ),
        ("DataFactoryNameInUse", "", "Names of this kind are unique on earth"),
        ("StorageAccountAlreadyTaken", "", "Names of this kind are unique on earth"),
        (
            "MissingSubscriptionRegistration",
            "The subscription is not registered to use namespace 'Microsoft.EventGrid'.",
            "not registered for Microsoft.EventGrid",
        ),
        ("BadRequest", "Resource cannot be updated during provisioning", "Event Grid is still"),
        ("BadRequest", "… cannot be deleted since it is referenced by x.", "refers to it"),
        ("TumblingWindowTriggerStartTimeUpdateNotAllowed", "", "A tumbling window cannot move"),
        ("PrincipalNotFound", "", "Deploy again in a minute"),
    ],
)
def test_an_error_has_its_hint(code: str, message: str, hint: str) -> None:
    assert hint in str(BLUEPRINT.likely_fix(code, message))


def test_an_unknown_error_has_none() -> None:
    assert BLUEPRINT.likely_fix("SomethingNew", "words") is None


def drift(path: str, found: Any, expected: Any = "x", kind: str = TRIGGER) -> tuple[str, bool]:
    told = BLUEPRINT.explain(
        Difference(kind=kind, name="t1", path=path, expected=expected, found=found)
    )
    return told.sentence, told.cosmetic


def test_that_a_trigger_runs_is_no_change_that_it_was_stopped_is() -> None:
    path = "properties.runtimeState"
    assert drift(path, "Started", "Stopped") == ("The trigger t1 is started.", True)
    assert drift(path, "Stopped", "Started") == ("The trigger t1 was stopped in the cloud.", False)


def test_differences_are_told_in_the_domains_words() -> None:
    assert "fires at other times" in drift("properties.recurrence.schedule.hours[0]", 7, 6)[0]
    assert "waits for something else" in drift("properties.blobPathEndsWith", ".txt", ".csv")[0]
    assert drift("etag", "2", "1") == ("The trigger t1 has another etag.", True)
    pipeline = "azure-native:datafactory:Pipeline"
    assert "does something else" in drift("activities[0].url", "y", kind=pipeline)[0]
    assert drift("", None, kind=pipeline)[0] == "The pipeline t1 was deleted in the cloud."
    assert drift("concurrency", 3, kind="azure-native:compute:Disk")[0]


def test_every_action_is_written_as_azure_writes_it() -> None:
    for action in BLUEPRINT.permissions[Level.DEPLOY]:
        assert action.startswith("Microsoft.") and len(action.split("/")) >= 2, action
    observe = BLUEPRINT.permissions[Level.OBSERVE]
    for query in ("querypipelineruns", "pipelineruns/queryactivityruns", "querytriggerruns"):
        assert f"Microsoft.DataFactory/factories/{query}/action" in observe

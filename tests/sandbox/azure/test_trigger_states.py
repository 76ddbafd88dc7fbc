from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.sandbox.azure.conftest import SandboxAzure
from tests.sandbox.azure.definitions import (
    blob_trigger,
    custom_trigger,
    pipeline,
    schedule,
    starts,
    wait,
    windows,
)
from tests.sandbox.azure.test_accounts_and_topics import make_account


def state_of(azure: SandboxAzure, factory: str, name: str) -> str:
    found = azure.factories.triggers.get("rg", factory, name)
    return str(found.properties["runtimeState"])


@pytest.fixture
def ready(azure: SandboxAzure, factory: str) -> str:
    """A factory with a pipeline to start."""
    azure.factories.pipelines.create_or_update("rg", factory, "p", pipeline(wait("w")))
    return factory


def test_a_trigger_is_stopped_until_it_is_started(azure: SandboxAzure, ready: str) -> None:
    triggers = azure.factories.triggers
    wish = schedule(starts("p"))
    wish["properties"]["runtimeState"] = "Started"
    triggers.create_or_update("rg", ready, "t", wish)
    assert state_of(azure, ready, "t") == "Stopped"

    triggers.begin_start("rg", ready, "t").result()
    assert state_of(azure, ready, "t") == "Started"
    azure.restart()
    assert state_of(azure, ready, "t") == "Started"
    azure.factories.triggers.begin_stop("rg", ready, "t").result()
    assert state_of(azure, ready, "t") == "Stopped"


def test_a_started_trigger_is_neither_changed_nor_deleted(azure: SandboxAzure, ready: str) -> None:
    triggers = azure.factories.triggers
    triggers.create_or_update("rg", ready, "t", schedule(starts("p")))
    triggers.begin_start("rg", ready, "t").result()
    for attempt in (
        lambda: triggers.create_or_update("rg", ready, "t", schedule(starts("p"), interval=2)),
        lambda: triggers.delete("rg", ready, "t"),
    ):
        with pytest.raises(HttpResponseError) as caught:
            attempt()
        assert caught.value.status_code == 400
        assert caught.value.error.code == "TriggerEnabledCannotUpdate"

    triggers.begin_stop("rg", ready, "t").result()
    triggers.create_or_update("rg", ready, "t", schedule(starts("p"), interval=2))
    triggers.delete("rg", ready, "t")
    assert list(triggers.list_by_factory("rg", ready)) == []


def test_a_factory_goes_with_its_started_triggers(azure: SandboxAzure, ready: str) -> None:
    triggers = azure.factories.triggers
    triggers.create_or_update("rg", ready, "t", schedule(starts("p")))
    triggers.begin_start("rg", ready, "t").result()
    azure.factories.factories.delete("rg", ready)
    azure.factories.factories.create_or_update("rg", ready, {"location": "westeurope"})
    azure.factories.pipelines.create_or_update("rg", ready, "p", pipeline(wait("w")))
    azure.factories.triggers.create_or_update("rg", ready, "t", schedule(starts("p")))

    assert state_of(azure, ready, "t") == "Stopped"


def test_a_trigger_of_nothing_does_not_start(azure: SandboxAzure, ready: str) -> None:
    azure.factories.triggers.create_or_update("rg", ready, "t", schedule())
    with pytest.raises(HttpResponseError) as caught:
        azure.factories.triggers.begin_start("rg", ready, "t")

    assert caught.value.error.message == "Missing or invalid pipeline references for trigger t"


def test_an_event_trigger_is_subscribed_before_it_is_started(
    azure: SandboxAzure, ready: str
) -> None:
    account = make_account(azure)
    triggers = azure.factories.triggers
    wish = blob_trigger(account.id, starts("p"), blobPathBeginsWith="/data/blobs/")
    triggers.create_or_update("rg", ready, "t", wish)
    assert triggers.get_event_subscription_status("rg", ready, "t").status == "Disabled"

    subscribing = triggers.begin_subscribe_to_events("rg", ready, "t")
    assert triggers.get_event_subscription_status("rg", ready, "t").status == "Provisioning"
    with pytest.raises(HttpResponseError) as caught:
        triggers.begin_start("rg", ready, "t")
    assert caught.value.error.message == "Resource cannot be updated during provisioning"
    azure.let_pass(timedelta(seconds=5))
    assert subscribing.result().status == "Enabled"

    triggers.begin_start("rg", ready, "t").result()
    assert state_of(azure, ready, "t") == "Started"
    triggers.begin_stop("rg", ready, "t").result()
    leaving = triggers.begin_unsubscribe_from_events("rg", ready, "t")
    azure.let_pass(timedelta(seconds=5))
    assert leaving.result().status == "Disabled"


def test_starting_an_event_trigger_subscribes_it(azure: SandboxAzure, ready: str) -> None:
    account = make_account(azure)
    triggers = azure.factories.triggers
    wish = blob_trigger(account.id, starts("p"), blobPathEndsWith=".csv")
    triggers.create_or_update("rg", ready, "t", wish)
    triggers.begin_start("rg", ready, "t").result()

    assert triggers.get_event_subscription_status("rg", ready, "t").status == "Provisioning"
    azure.let_pass(timedelta(seconds=5))
    assert triggers.get_event_subscription_status("rg", ready, "t").status == "Enabled"


def test_windows_stay_where_they_are_counted_from(azure: SandboxAzure, ready: str) -> None:
    triggers = azure.factories.triggers
    triggers.create_or_update("rg", ready, "t", windows(starts("p")))
    triggers.create_or_update("rg", ready, "t", windows(starts("p"), maxConcurrency=2))
    for change, code in (
        ({"startTime": "2027-03-01T11:00:00Z"}, "TumblingWindowTriggerStartTimeUpdateNotAllowed"),
        ({"interval": 2}, "TumblingWindowTriggerIntervalUpdateNotAllowed"),
    ):
        with pytest.raises(HttpResponseError) as caught:
            triggers.create_or_update("rg", ready, "t", windows(starts("p"), **change))
        assert caught.value.error.code == code


SCOPE = "/subscriptions/s/resourceGroups/rg/providers"
ACCOUNT = f"{SCOPE}/Microsoft.Storage/storageAccounts/a"
TOPIC = f"{SCOPE}/Microsoft.EventGrid/topics/t"
WRONG_TRIGGERS: dict[str, Any] = {
    "an unknown frequency": schedule(starts("p"), frequency="Fortnight"),
    "an interval of none": schedule(starts("p"), interval=0),
    "a start that is no time": schedule(starts("p"), startTime="soon"),
    "windows without a pipeline": windows(None),
    "windows too short": windows(starts("p"), frequency="Minute", interval=1),
    "too many windows at once": windows(starts("p"), maxConcurrency=51),
    "windows before their own past": windows(
        starts("p"),
        dependsOn=[{"type": "SelfDependencyTumblingWindowTriggerReference", "offset": "01:00:00"}],
    ),
    "blobs of any path": blob_trigger(ACCOUNT, starts("p")),
    "an unknown event": blob_trigger(ACCOUNT, starts("p"), events=["x"], blobPathEndsWith="x"),
    "blobs of a topic": blob_trigger(TOPIC, starts("p"), blobPathEndsWith="x"),
    "events of an account": custom_trigger(ACCOUNT, starts("p")),
    "no events": custom_trigger(TOPIC, starts("p"), events=[]),
    "an old type": {"properties": {"type": "BlobTrigger", "typeProperties": {
        "folderPath": "x", "maxConcurrency": 1,
        "linkedService": {"type": "LinkedServiceReference", "referenceName": "x"}}}},
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_TRIGGERS)
def test_triggers_that_data_factory_refuses(azure: SandboxAzure, ready: str, wrong: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        azure.factories.triggers.create_or_update("rg", ready, "t", WRONG_TRIGGERS[wrong])

    assert caught.value.status_code == 400

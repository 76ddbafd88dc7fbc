"""Triggers of events: blobs that arrive, and what is published to a topic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential, AzureSasCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridEvent, EventGridPublisherClient, generate_sas

from provisioning.sandbox.faults import Fault
from tests.sandbox.azure.conftest import REGION, SandboxAzure
from tests.sandbox.azure.definitions import blob_trigger, custom_trigger, pipeline, starts, wait
from tests.sandbox.azure.running import Factory
from tests.sandbox.azure.test_accounts_and_topics import make_account
from tests.sandbox.azure.test_blobs import service

FILE = starts("p", file="@triggerBody().fileName", folder="@triggerBody().folderPath")
EVENT = starts(
    "p", file="@triggerBody().event.data.name", folder="@trigger().outputs.body.event.subject"
)


@pytest.fixture
def ready(adf: Factory) -> Factory:
    parameters = {name: {"type": "String"} for name in ("file", "folder")}
    adf.put("p", pipeline(wait("w", 1), parameters=parameters))
    return adf


def subscribed(adf: Factory, name: str, definition: dict[str, Any]) -> None:
    adf.begin(name, definition)
    adf.azure.let_pass(timedelta(seconds=5))


def inputs(adf: Factory) -> list[tuple[str, str]]:
    found = sorted(adf.runs(), key=lambda run: run["runStart"])
    return [(run["parameters"]["folder"], run["parameters"]["file"]) for run in found]


def reasons(adf: Factory) -> list[str]:
    return [entry.reason for entry in adf.azure.world.journal.entries()
            if entry.outcome == "ignored"]  # fmt: skip


@pytest.fixture
def put(ready: Factory) -> Callable[..., None]:
    """Put a blob, and let a moment pass."""
    make_account(ready.azure)
    client = service(ready.azure)
    client.create_container("data")

    def put_blob(name: str, data: bytes = b"x", *, container: str = "data") -> None:
        client.get_blob_client(container, name).upload_blob(data, overwrite=True)
        ready.azure.advance("PT5S")

    return put_blob


def scope(adf: Factory) -> str:
    account = adf.azure.storage.storage_accounts.get_properties("rg", "account1")
    return str(account.id)


def test_a_blob_that_fits_starts_a_run_with_its_name(
    ready: Factory, put: Callable[..., None]
) -> None:
    wish = {"blobPathBeginsWith": "/data/blobs/in/", "blobPathEndsWith": ".csv",
            "ignoreEmptyBlobs": True}  # fmt: skip
    subscribed(ready, "t", blob_trigger(scope(ready), FILE, **wish))
    put("in/deep/x.csv")
    put("out/x.csv")
    put("in/x.txt")
    put("in/empty.csv", b"")

    assert inputs(ready) == [("data/in/deep", "x.csv")]
    (run,) = ready.trigger_runs()
    assert run["triggerType"] == "BlobEventsTrigger"
    assert run["properties"]["FileName"] == "x.csv"
    assert ready.get(run["triggeredPipelines"]["p"])["invokedBy"]["name"] == "t"
    assert reasons(ready) == [
        "The path does not begin with /data/blobs/in/",
        "The path does not end with .csv",
        "The blob is empty, and empty blobs are ignored.",
    ]


def test_deleted_blobs_are_events_of_their_own(ready: Factory, put: Callable[..., None]) -> None:
    wish = {"events": ["Microsoft.Storage.BlobDeleted"], "blobPathEndsWith": ".csv"}
    subscribed(ready, "t", blob_trigger(scope(ready), FILE, **wish))
    put("x.csv")
    service(ready.azure).get_blob_client("data", "x.csv").delete_blob()
    ready.azure.advance("PT5S")
    assert inputs(ready) == [("data", "x.csv")]


def test_who_is_stopped_or_not_yet_subscribed_hears_nothing(
    ready: Factory, put: Callable[..., None]
) -> None:
    ready.client.triggers.create_or_update(
        *ready.where, "t", blob_trigger(scope(ready), FILE, blobPathEndsWith=".csv")
    )
    put("early.csv")
    ready.client.triggers.begin_start(*ready.where, "t").result()
    service(ready.azure).get_blob_client("data", "soon.csv").upload_blob(b"x")
    ready.azure.advance("PT5S")
    put("heard.csv")
    ready.client.triggers.begin_stop(*ready.where, "t").result()
    put("late.csv")

    assert inputs(ready) == [("data", "heard.csv")]
    assert reasons(ready) == [
        "The trigger is stopped.",
        "The subscription of the trigger is still being made.",
        "The trigger is stopped.",
    ]


def test_two_hundred_at_once_start_two_hundred_runs(
    ready: Factory, put: Callable[..., None]
) -> None:
    subscribed(ready, "t", blob_trigger(scope(ready), FILE, blobPathEndsWith=".csv"))
    client = service(ready.azure)
    for number in range(200):
        client.get_blob_client("data", f"{number:03d}.csv").upload_blob(b"x")
        if number == 100:
            ready.azure.restart()
            client = service(ready.azure)
    ready.azure.advance("PT1H")

    found: list[dict[str, Any]] = []
    for begin in ("0", "1"):
        starts_with = [{"operand": "PipelineName", "operator": "Equals", "values": ["p"]}]
        token = {} if begin == "0" else {"continuationToken": "MTAw"}
        found += ready.runs(filters=starts_with, **token)
    assert sorted(run["parameters"]["file"] for run in found) == [
        f"{number:03d}.csv" for number in range(200)
    ]
    assert {run["status"] for run in found} == {"Succeeded"}


def test_a_dropped_and_a_delayed_event(ready: Factory, put: Callable[..., None]) -> None:
    subscribed(ready, "t", blob_trigger(scope(ready), FILE, blobPathEndsWith=".csv"))
    faults = ready.azure.world.faults.table
    faults.put(Fault(kind="drop_firing", cloud="azure", match="t", count=1))
    put("dropped.csv")
    faults.put(Fault(kind="delay", cloud="azure", match="t", seconds=600, count=1))
    put("delayed.csv")
    assert inputs(ready) == []
    ready.azure.advance("PT15M")
    assert inputs(ready) == [("data", "delayed.csv")]


def test_an_account_that_is_not_there_cannot_be_subscribed_to(ready: Factory) -> None:
    nowhere = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/x"
    triggers = ready.client.triggers
    triggers.create_or_update(
        *ready.where, "t", blob_trigger(nowhere, FILE, blobPathEndsWith=".csv")
    )
    with pytest.raises(HttpResponseError):
        triggers.begin_start(*ready.where, "t")
    with pytest.raises(HttpResponseError):
        triggers.begin_subscribe_to_events(*ready.where, "t")


# ── Topics ──────────────────────────────────────────────────────────────────────────


def make_topic(azure: SandboxAzure, name: str = "topic-1", **properties: Any) -> Any:
    wish = {"location": REGION, "properties": properties}
    azure.eventgrid.topics.begin_create_or_update("rg", name, wish)
    azure.let_pass(timedelta(seconds=5))
    return azure.eventgrid.topics.get("rg", name)


def key_of(azure: SandboxAzure, name: str = "topic-1") -> str:
    return str(azure.eventgrid.topics.list_shared_access_keys("rg", name).key1)


def publisher(azure: SandboxAzure, topic: Any) -> EventGridPublisherClient:
    return EventGridPublisherClient(topic.endpoint, AzureKeyCredential(key_of(azure)))


def event(subject: str = "sets/a", type: str = "dataset.ready", **data: Any) -> EventGridEvent:
    return EventGridEvent(
        subject=subject, event_type=type, data={"name": "a", **data}, data_version="1"
    )


def test_an_event_that_fits_starts_a_run_with_its_data(ready: Factory) -> None:
    topic = make_topic(ready.azure)
    wish = {"subjectBeginsWith": "sets/", "subjectEndsWith": "a"}
    subscribed(ready, "t", custom_trigger(topic.id, EVENT, **wish))
    client = publisher(ready.azure, topic)
    client.send([event(), event("other/a"), event("sets/b"), event(type="dataset.gone")])
    ready.azure.advance("PT5S")

    assert inputs(ready) == [("sets/a", "a")]
    (run,) = ready.trigger_runs()
    assert run["triggerType"] == "CustomEventsTrigger"
    assert run["properties"]["EventType"] == "dataset.ready"
    assert reasons(ready) == [
        "The subject 'other/a' does not begin with sets/",
        "The subject 'sets/b' does not end with a",
        "The event's type is dataset.gone, which the trigger does not ask for.",
    ]


def test_advanced_filters_look_into_the_event(ready: Factory) -> None:
    topic = make_topic(ready.azure)
    filters = [
        {"operatorType": "NumberGreaterThan", "key": "data.rows", "value": 10},
        {"operatorType": "StringIn", "key": "data.team", "values": ["red", "blue"]},
    ]
    subscribed(ready, "t", custom_trigger(topic.id, EVENT, advancedFilters=filters))
    client = publisher(ready.azure, topic)
    client.send([event(rows=11, team="Red"), event(rows=9, team="red"), event(rows=11)])
    ready.azure.advance("PT5S")
    assert len(inputs(ready)) == 1
    assert "data.rows is 9, which does not pass NumberGreaterThan [10]" in reasons(ready)[0]


def test_a_key_or_what_it_signed_opens_a_topic(ready: Factory) -> None:
    azure = ready.azure
    topic = make_topic(azure)
    with pytest.raises(ClientAuthenticationError):
        EventGridPublisherClient(topic.endpoint, AzureKeyCredential("bm8=")).send([event()])
    signed = generate_sas(topic.endpoint, key_of(azure), azure.now() + timedelta(hours=1))
    EventGridPublisherClient(topic.endpoint, AzureSasCredential(signed)).send([event()])
    with pytest.raises(ClientAuthenticationError):
        forged = generate_sas(topic.endpoint, "bm8=", azure.now() + timedelta(hours=1))
        EventGridPublisherClient(topic.endpoint, AzureSasCredential(forged)).send([event()])


def test_each_topic_takes_its_own_schema_only(ready: Factory) -> None:
    azure = ready.azure
    cloud_event = CloudEvent(source="/tests", type="dataset.ready", data={"name": "a"})
    topic = make_topic(azure)
    with pytest.raises(HttpResponseError) as caught:
        publisher(azure, topic).send([cloud_event])
    assert "does not conform to the expected schema" in str(caught.value)

    other = make_topic(azure, "topic-2", inputSchema="CloudEventSchemaV1_0")
    key = AzureKeyCredential(key_of(azure, "topic-2"))
    EventGridPublisherClient(other.endpoint, key).send([cloud_event])


def test_data_factory_cannot_listen_to_cloud_events(ready: Factory) -> None:
    topic = make_topic(ready.azure, inputSchema="CloudEventSchemaV1_0")
    ready.client.triggers.create_or_update(*ready.where, "t", custom_trigger(topic.id, EVENT))
    with pytest.raises(HttpResponseError) as caught:
        ready.client.triggers.begin_start(*ready.where, "t")
    assert "Webhook endpoint validation failed" in caught.value.error.message


def test_a_trigger_that_cannot_read_an_event_says_so(ready: Factory) -> None:
    topic = make_topic(ready.azure)
    subscribed(ready, "t", custom_trigger(topic.id, EVENT))
    bare = EventGridEvent(subject="s", event_type="dataset.ready", data={}, data_version="1")
    publisher(ready.azure, topic).send([bare])
    ready.azure.advance("PT5S")
    (run,) = ready.trigger_runs()
    assert run["status"] == "Failed"
    assert "property 'name' doesn't exist" in run["message"]

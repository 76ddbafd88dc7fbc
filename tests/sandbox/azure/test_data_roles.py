"""What an application may do with blobs and topics is what its roles permit on data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.eventgrid import EventGridEvent, EventGridPublisherClient
from azure.mgmt.datafactory import DataFactoryManagementClient
from azure.storage.blob import BlobServiceClient

from tests.sandbox.azure.applications import App, new_app
from tests.sandbox.azure.conftest import REGION, BearerToken, SandboxAzure
from tests.sandbox.azure.definitions import blob_trigger, pipeline, starts, wait
from tests.sandbox.azure.test_accounts_and_topics import make_account
from tests.sandbox.azure.test_blobs import service
from tests.sandbox.azure.test_roles import GROUP, assign

STORAGE = "https://storage.azure.com/.default"


@pytest.fixture
def app(azure: SandboxAzure, group: str) -> App:
    make_account(azure)
    service(azure).create_container("data").upload_blob("x.csv", b"a,b")
    return new_app(azure)


def blobs(app: App, scope: str = STORAGE) -> BlobServiceClient:
    """The client puts no token on plain http by itself."""
    return BlobServiceClient(
        f"{app.azure.url}/blob/account1",
        raw_request_hook=BearerToken(app.token(scope)).on_request,
        retry_total=0,
    )


def refused(call: Any) -> str:
    with pytest.raises(HttpResponseError) as caught:
        call()
    return str(caught.value.error_code)


def test_a_reader_of_blobs_reads_and_writes_none(app: App) -> None:
    blob = blobs(app).get_blob_client("data", "x.csv")
    assert refused(blob.download_blob) == "AuthorizationPermissionMismatch"
    # The account's own role says nothing about what is in it.
    assign(app.azure, app.principal, "Owner", GROUP)
    assert refused(blob.download_blob) == "AuthorizationPermissionMismatch"

    assign(app.azure, app.principal, "Storage Blob Data Reader", GROUP)
    assert blob.download_blob().readall() == b"a,b"
    found = blobs(app).get_container_client("data").list_blobs()
    assert [each.name for each in found] == ["x.csv"]
    assert refused(lambda: blob.upload_blob(b"c", overwrite=True)) == (
        "AuthorizationPermissionMismatch")  # fmt: skip
    assert refused(blob.delete_blob) == "AuthorizationPermissionMismatch"


def test_a_role_on_one_container_opens_no_other(app: App) -> None:
    service(app.azure).create_container("other")
    account = app.azure.storage.storage_accounts.get_properties("rg", "account1").id
    container = f"{account}/blobServices/default/containers/data"
    assign(app.azure, app.principal, "Storage Blob Data Contributor", container)
    client = blobs(app)
    client.get_blob_client("data", "new").upload_blob(b"1")
    client.get_blob_client("data", "new").delete_blob()
    assert refused(lambda: client.get_blob_client("other", "new").upload_blob(b"1")) == (
        "AuthorizationPermissionMismatch")  # fmt: skip
    assert refused(lambda: client.create_container("third")) == "AuthorizationPermissionMismatch"


def test_a_token_for_resource_manager_opens_no_blobs(app: App) -> None:
    assign(app.azure, app.principal, "Storage Blob Data Owner", GROUP)
    arm = "https://management.azure.com/.default"
    blob = blobs(app, arm).get_blob_client("data", "x.csv")
    assert refused(blob.download_blob) == "InvalidAuthenticationInfo"
    of_account = blobs(app, "https://account1.blob.core.windows.net/.default")
    assert of_account.get_blob_client("data", "x.csv").download_blob().readall() == b"a,b"


def test_a_sender_publishes_to_a_topic(app: App) -> None:
    azure = app.azure
    making = azure.eventgrid.topics.begin_create_or_update("rg", "topic-1", {"location": REGION})
    azure.let_pass(timedelta(seconds=5))
    topic = making.result()
    token = app.token("https://eventgrid.azure.net/.default")
    event = EventGridEvent(subject="s", event_type="t", data={}, data_version="1")
    # Tokens go over plain http in the place of a key.
    client = EventGridPublisherClient(topic.endpoint, AzureKeyCredential(token), retry_total=0)
    with pytest.raises(HttpResponseError) as caught:
        client.send(event)
    assert caught.value.status_code == 403

    assign(azure, app.principal, "EventGrid Data Sender", str(topic.id))
    client.send(event)
    answer = requests.post(
        topic.endpoint, json=[], headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    assert answer.status_code == 200
    wrong = EventGridPublisherClient(topic.endpoint, AzureKeyCredential(app.token()), retry_total=0)
    with pytest.raises(ClientAuthenticationError):
        wrong.send(event)


def test_who_starts_a_trigger_of_events_may_subscribe_at_their_source(
    app: App, factory: str
) -> None:
    azure = app.azure
    account = azure.storage.storage_accounts.get_properties("rg", "account1").id
    own = azure.factories
    own.pipelines.create_or_update("rg", factory, "p", pipeline(wait("w")))
    own.triggers.create_or_update(
        "rg", factory, "t", blob_trigger(account, starts("p"), blobPathBeginsWith="/data/blobs/")
    )
    adf = f"{GROUP}/providers/Microsoft.DataFactory/factories/{factory}"
    assign(azure, app.principal, "Data Factory Contributor", adf)
    theirs = azure.client(DataFactoryManagementClient, token=app.token())

    with pytest.raises(HttpResponseError) as caught:
        theirs.triggers.begin_start("rg", factory, "t").result()
    wanted = "Microsoft.EventGrid/eventSubscriptions/write"
    assert f"perform action '{wanted}' over scope '{account}/" in caught.value.error.message
    assert own.triggers.get("rg", factory, "t").properties.runtime_state == "Stopped"

    assign(azure, app.principal, "EventGrid EventSubscription Contributor", str(account))
    theirs.triggers.begin_start("rg", factory, "t").result()
    assert own.triggers.get("rg", factory, "t").properties.runtime_state == "Started"

"""Blobs, through azure-storage-blob as it is."""

from __future__ import annotations

import base64
import os
from datetime import timedelta
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobBlock, BlobServiceClient, ContentSettings

from tests.sandbox.azure.conftest import SandboxAzure
from tests.sandbox.azure.test_accounts_and_topics import make_account


def service(azure: SandboxAzure, name: str = "account1", **more: Any) -> BlobServiceClient:
    keys = azure.storage.storage_accounts.list_keys("rg", name).keys_property
    account = azure.storage.storage_accounts.get_properties("rg", name)
    credential = {"account_name": name, "account_key": keys[0].value}
    return BlobServiceClient(
        account.primary_endpoints.blob, credential=credential, retry_total=0, **more
    )


@pytest.fixture
def blobs(azure: SandboxAzure, group: str) -> BlobServiceClient:
    make_account(azure)
    client = service(azure)
    client.create_container("data")
    return client


def test_what_is_uploaded_is_read_back(blobs: BlobServiceClient) -> None:
    blob = blobs.get_blob_client("data", "in/ü x+1%.csv")
    blob.upload_blob(
        b"a,b\n1,2\n", metadata={"from_test": "yes"},
        content_settings=ContentSettings(content_type="text/csv"),
    )  # fmt: skip

    assert blob.download_blob().readall() == b"a,b\n1,2\n"
    assert blob.download_blob(offset=2, length=3).readall() == b"b\n1"
    found = blob.get_blob_properties()
    assert (found.size, found.content_settings.content_type) == (8, "text/csv")
    assert found.metadata == {"from_test": "yes"}
    assert found.blob_type == "BlockBlob"
    assert blob.exists()
    blob.delete_blob()
    assert not blob.exists()
    with pytest.raises(ResourceNotFoundError) as caught:
        blob.download_blob()
    assert caught.value.error_code == "BlobNotFound"


def test_an_empty_blob_and_one_in_many_blocks(azure: SandboxAzure, blobs: Any) -> None:
    blobs.get_blob_client("data", "empty").upload_blob(b"")
    assert blobs.get_blob_client("data", "empty").download_blob().readall() == b""

    data = os.urandom(700_000)
    client = service(azure, max_single_put_size=100_000, max_block_size=64 * 1024,
                     max_single_get_size=100_000, max_chunk_get_size=64 * 1024)  # fmt: skip
    large = client.get_blob_client("data", "large")
    large.upload_blob(data)
    assert large.download_blob().readall() == data
    committed, uncommitted = large.get_block_list("all")
    assert (len(committed), uncommitted) == (11, [])


def test_blocks_are_put_together_in_the_order_of_the_list(blobs: BlobServiceClient) -> None:
    blob = blobs.get_blob_client("data", "listed")
    ids = [base64.b64encode(each).decode() for each in (b"1", b"2")]
    blob.stage_block(ids[0], b"first ")
    blob.stage_block(ids[1], b"second ")
    blob.commit_block_list([BlobBlock(ids[1]), BlobBlock(ids[0])])
    assert blob.download_blob().readall() == b"second first "
    with pytest.raises(HttpResponseError) as caught:
        blob.commit_block_list([BlobBlock("bm8=")])
    assert caught.value.error_code == "InvalidBlockList"


def test_lists_have_prefixes_folders_and_pages(blobs: BlobServiceClient) -> None:
    container = blobs.get_container_client("data")
    for name in ("a/1", "a/2", "b/1", "top & more"):
        container.upload_blob(name, b"x")

    assert [blob.name for blob in container.list_blobs()] == ["a/1", "a/2", "b/1", "top & more"]
    assert [blob.name for blob in container.list_blobs(name_starts_with="a/")] == ["a/1", "a/2"]
    assert [each.name for each in container.walk_blobs()] == ["a/", "b/", "top & more"]
    pages = list(container.list_blobs(results_per_page=3).by_page())
    assert [len(list(page)) for page in pages] == [3, 1]
    (blob,) = container.list_blobs(name_starts_with="b/")
    assert (blob.size, blob.blob_type) == (1, "BlockBlob")


def test_conditions_guard_what_is_there(blobs: BlobServiceClient) -> None:
    blob = blobs.get_blob_client("data", "guarded")
    first = blob.upload_blob(b"1")
    with pytest.raises(ResourceExistsError):
        blob.upload_blob(b"2")
    blob.upload_blob(b"3", overwrite=True)
    with pytest.raises(ResourceModifiedError):
        blob.delete_blob(etag=first["etag"], match_condition=MatchConditions.IfNotModified)


def test_copies_and_changes(blobs: BlobServiceClient) -> None:
    source = blobs.get_blob_client("data", "source")
    source.upload_blob(b"copied", metadata={"a": "b"})
    target = blobs.get_blob_client("data", "target")
    assert target.start_copy_from_url(source.url)["copy_status"] == "success"
    assert target.download_blob().readall() == b"copied"
    target.set_blob_metadata({"c": "d"})
    assert target.get_blob_properties().metadata == {"c": "d"}


def test_containers_come_and_go(blobs: BlobServiceClient, azure: SandboxAzure) -> None:
    with pytest.raises(ResourceExistsError):
        blobs.create_container("data")
    blobs.create_container("other", metadata={"k": "v"})
    assert [each.name for each in blobs.list_containers()] == ["data", "other"]
    assert blobs.get_container_client("other").get_container_properties().metadata == {"k": "v"}
    assert azure.storage.blob_containers.get("rg", "account1", "other").name == "other"

    blobs.get_blob_client("other", "x").upload_blob(b"1")
    blobs.delete_container("other")
    blobs.create_container("other")
    assert list(blobs.get_container_client("other").list_blobs()) == []
    with pytest.raises(ResourceNotFoundError):
        blobs.get_container_client("nowhere").get_container_properties()


def test_only_the_account_s_key_opens_it(azure: SandboxAzure, blobs: BlobServiceClient) -> None:
    make_account(azure, "account2")
    address = f"{azure.url}/blob/account1"
    keys = azure.storage.storage_accounts.list_keys("rg", "account2").keys_property
    wrong = {"account_name": "account1", "account_key": keys[0].value}
    with pytest.raises(ClientAuthenticationError):
        list(BlobServiceClient(address, credential=wrong, retry_total=0).list_containers())
    with pytest.raises(ClientAuthenticationError):
        list(BlobServiceClient(address, retry_total=0).list_containers())

    own = azure.storage.storage_accounts.list_keys("rg", "account1").keys_property
    by_text = BlobServiceClient.from_connection_string(
        f"AccountName=account1;AccountKey={own[1].value};BlobEndpoint={address}"
    )
    assert [each.name for each in by_text.list_containers()] == ["data"]
    without_name = BlobServiceClient(address, credential=own[0].value)
    without_name.get_blob_client("data", "n").upload_blob(b"1")

    azure.storage.storage_accounts.regenerate_key("rg", "account1", {"keyName": "key1"})
    with pytest.raises(ClientAuthenticationError):
        list(without_name.list_containers())


def test_they_outlive_a_restart_and_unused_contents_do_not(
    azure: SandboxAzure, blobs: BlobServiceClient
) -> None:
    blobs.get_blob_client("data", "kept").upload_blob(b"kept")
    blobs.get_blob_client("data", "gone").upload_blob(b"gone")
    blobs.get_blob_client("data", "gone").delete_blob()
    folder = azure.folder / "azure-blobs"
    assert len(list(folder.iterdir())) == 2
    azure.restart()
    assert len(list(folder.iterdir())) == 1
    assert service(azure).get_blob_client("data", "kept").download_blob().readall() == b"kept"


def test_an_account_that_is_deleted_takes_them_along(azure: SandboxAzure, blobs: Any) -> None:
    blobs.get_blob_client("data", "x").upload_blob(b"1")
    azure.storage.storage_accounts.delete("rg", "account1")
    with pytest.raises(HttpResponseError):
        list(blobs.list_containers())
    make_account(azure)
    azure.let_pass(timedelta(seconds=5))
    client = service(azure)
    client.create_container("data")
    assert list(client.get_container_client("data").list_blobs()) == []

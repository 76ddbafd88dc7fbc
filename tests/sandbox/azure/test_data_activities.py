"""Activities that read and write data: on blobs of the sandbox they really do."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.azure.conftest import ADMINISTRATOR, SUBSCRIPTION, SandboxAzure
from tests.sandbox.azure.definitions import activity, pipeline, reference
from tests.sandbox.azure.running import Factory
from tests.sandbox.azure.test_accounts_and_topics import make_account
from tests.sandbox.azure.test_blobs import service

ROLES = {"reads": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
         "writes": "ba92f5b4-2d11-453d-a403-e96b0029c9fe"}  # fmt: skip
CSV = b"id,word\n1,one\n2,two\n"


class Data:
    """Two containers, linked services and datasets on them."""

    def __init__(self, adf: Factory) -> None:
        self.adf = adf
        self.account = make_account(adf.azure)
        self.blobs = service(adf.azure)
        for name in ("src", "dst"):
            self.blobs.create_container(name)
        key = adf.azure.storage.storage_accounts.list_keys("rg", "account1").keys_property[0]
        text = f"DefaultEndpointsProtocol=https;AccountName=account1;AccountKey={key.value}"
        self.link("blobs", {"connectionString": text})

    def link(self, name: str, given: dict[str, Any], type: str = "AzureBlobStorage") -> None:
        wish = {"properties": {"type": type, "typeProperties": given}}
        self.adf.client.linked_services.create_or_update(*self.adf.where, name, wish)

    def dataset(
        self, name: str, container: str, *, link: str = "blobs", type: str = "DelimitedText",
        folder: str = "", file: str = "", **more: Any,
    ) -> None:  # fmt: skip
        location = {"type": "AzureBlobStorageLocation", "container": container,
                    "folderPath": folder, "fileName": file}  # fmt: skip
        given = {"location": location, "columnDelimiter": ",", "firstRowAsHeader": True}
        wish = {"properties": {
            "type": type, "linkedServiceName": reference(link, "LinkedServiceReference"),
            "typeProperties": given, **more,
        }}  # fmt: skip
        self.adf.client.datasets.create_or_update(*self.adf.where, name, wish)

    def put(self, name: str, data: bytes = CSV, *, container: str = "src") -> None:
        self.blobs.get_blob_client(container, name).upload_blob(data, overwrite=True)

    def get(self, name: str, *, container: str = "dst") -> bytes:
        found: bytes = self.blobs.get_blob_client(container, name).download_blob().readall()
        return found

    def names(self, container: str = "dst") -> list[str]:
        return [blob.name for blob in self.blobs.get_container_client(container).list_blobs()]


@pytest.fixture
def data(adf: Factory) -> Data:
    return Data(adf)


def named(name: str, **parameters: Any) -> dict[str, Any]:
    return {**reference(name, "DatasetReference"), "parameters": parameters}


def copy(source: Any = None, sink: Any = None, **more: Any) -> dict[str, Any]:
    given = {"source": {"type": "DelimitedTextSource", **(source or {})},
             "sink": {"type": "DelimitedTextSink", **(sink or {})}}  # fmt: skip
    ends = {"inputs": [named("source")], "outputs": [named("sink")]}
    return activity("copy", "Copy", given, **{**ends, **more})


def test_a_file_is_copied_and_counted(adf: Factory, data: Data) -> None:
    data.put("a/x.csv")
    data.dataset("source", "src", folder="a", file="x.csv")
    data.dataset("sink", "dst", folder="b", file="y.csv")
    adf.put("p", pipeline(copy()))
    run = adf.run("p")

    assert run["status"] == "Succeeded"
    assert data.get("b/y.csv") == CSV
    output = adf.output(run["runId"], "copy")
    assert (output["rowsRead"], output["rowsCopied"], output["filesWritten"]) == (2, 2, 1)
    assert (output["dataRead"], output["dataWritten"]) == (len(CSV), len(CSV))
    assert "simulated" not in output


def test_a_folder_is_copied_with_or_without_what_is_deeper(adf: Factory, data: Data) -> None:
    for name in ("a/1.csv", "a/2.txt", "a/deep/3.csv", "b/4.csv"):
        data.put(name)
    data.dataset("source", "src", folder="a")
    data.dataset("sink", "dst")
    adf.put("p", pipeline(copy({"storeSettings": {"wildcardFileName": "*.csv"}})))
    adf.run("p")
    assert data.names() == ["1.csv", "deep/3.csv"]
    settings = {"storeSettings": {"recursive": False}}
    flat = {"storeSettings": {"copyBehavior": "FlattenHierarchy"}}
    adf.put("p", pipeline(copy(settings, flat)))
    adf.run("p")
    assert data.names() == ["1.csv", "2.txt", "deep/3.csv"]


def test_tables_are_turned_into_each_other(adf: Factory, data: Data) -> None:
    data.put("x.csv")
    data.dataset("source", "src", file="x.csv")
    data.dataset("sink", "dst", type="Json", file="x.json")
    adf.put("p", pipeline(copy()))
    adf.run("p")
    assert data.get("x.json") == b'{"id": "1", "word": "one"}\n{"id": "2", "word": "two"}\n'


def test_what_cannot_be_turned_is_not_pretended(adf: Factory, data: Data) -> None:
    data.put("x.csv")
    data.dataset("source", "src", file="x.csv")
    data.dataset("sink", "dst", type="Parquet", file="x.parquet")
    adf.put("p", pipeline(copy()))
    run = adf.run("p")
    assert run["status"] == "Succeeded"
    assert "nothing was written" in adf.output(run["runId"], "copy")["simulated"]
    assert data.names() == []


def test_what_the_sandbox_does_not_have_is_only_let_pass(adf: Factory, data: Data) -> None:
    data.link("database", {"connectionString": "Server=x;Password=hush"}, "AzureSqlDatabase")
    data.dataset("source", "src", link="database", type="AzureSqlTable")
    data.dataset("sink", "dst", file="x.csv")
    adf.put("p", pipeline(copy()))
    run = adf.run("p")
    output = adf.output(run["runId"], "copy")
    assert "has no AzureSqlDatabase" in output["simulated"]
    assert output["rowsRead"] > 0
    assert data.names() == []


def test_a_source_that_is_missing_fails(adf: Factory, data: Data) -> None:
    data.dataset("source", "src", file="nowhere.csv")
    data.dataset("sink", "dst")
    adf.put("p", pipeline(copy()))
    run = adf.run("p")
    assert run["status"] == "Failed"
    assert "UserErrorSourceBlobNotExist" in run["message"]
    assert adf.activities(run["runId"])[0]["error"]["errorCode"] == "2200"


def test_datasets_have_parameters_of_their_own(adf: Factory, data: Data) -> None:
    data.put("2027/x.csv")
    data.dataset(
        "source", "src", folder="@dataset().year", file="@dataset().file",
        parameters={"year": {"type": "String"},
                    "file": {"type": "String", "defaultValue": "x.csv"}},
    )  # fmt: skip
    data.dataset("sink", "dst")
    adf.put("p", pipeline(copy(inputs=[named("source", year="@utcNow('yyyy')")])))
    assert adf.run("p")["status"] == "Succeeded"
    assert data.names() == ["x.csv"]


def assign(azure: SandboxAzure, scope: str, principal: str, role: str) -> None:
    name = f"{len(scope):08d}-0000-4000-8000-{ROLES[role][-12:]}"
    answer = requests.put(
        f"{azure.url}/arm{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        "?api-version=2022-04-01",
        json={"properties": {"principalId": principal, "principalType": "ServicePrincipal",
                             "roleDefinitionId": f"/x/{ROLES[role]}"}},
        headers=ADMINISTRATOR, timeout=60,
    )  # fmt: skip
    assert answer.status_code == 201, answer.text


def test_the_factory_s_own_identity_needs_roles(adf: Factory, data: Data) -> None:
    data.link("as-itself", {"serviceEndpoint": "https://account1.blob.core.windows.net/"})
    data.put("x.csv")
    data.dataset("source", "src", link="as-itself", file="x.csv")
    data.dataset("sink", "dst", link="as-itself")
    adf.put("p", pipeline(copy()))
    assert "needs the role Storage Blob Data Reader" in adf.run("p")["message"]

    principal = str(adf.client.factories.get(*adf.where).identity.principal_id)
    assign(adf.azure, data.account.id, principal, "reads")
    assert "needs the role Storage Blob Data Contributor" in adf.run("p")["message"]
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
    assign(adf.azure, group, principal, "writes")
    assert adf.run("p")["status"] == "Succeeded"


def test_a_key_that_was_changed_opens_no_longer(adf: Factory, data: Data) -> None:
    data.put("x.csv")
    data.dataset("source", "src", file="x.csv")
    data.dataset("sink", "dst")
    adf.put("p", pipeline(copy()))
    adf.azure.storage.storage_accounts.regenerate_key("rg", "account1", {"keyName": "key1"})
    assert "the account key does not fit" in adf.run("p")["message"]


def test_lookups_read_rows(adf: Factory, data: Data) -> None:
    data.put("x.csv")
    data.dataset("rows", "src", file="x.csv")
    source = {"type": "DelimitedTextSource"}
    adf.put(
        "p",
        pipeline(
            activity("first", "Lookup", {"source": source, "dataset": named("rows")}),
            activity(
                "all", "Lookup",
                {"source": source, "dataset": named("rows"), "firstRowOnly": False},
            ),
        ),
    )  # fmt: skip
    run = adf.run("p")
    assert adf.output(run["runId"], "first")["firstRow"] == {"id": "1", "word": "one"}
    assert adf.output(run["runId"], "all") == {
        "count": 2, "value": [{"id": "1", "word": "one"}, {"id": "2", "word": "two"}],
    }  # fmt: skip


def test_metadata_of_files_and_folders(adf: Factory, data: Data) -> None:
    for name in ("a/x.csv", "a/deep/y.csv"):
        data.put(name)
    data.dataset("file", "src", folder="a", file="x.csv")
    data.dataset("folder", "src", folder="a")
    data.dataset("nothing", "src", file="no.csv")
    fields = ["itemName", "itemType", "size", "exists", "columnCount"]
    adf.put(
        "p",
        pipeline(
            activity("file", "GetMetadata", {"dataset": named("file"), "fieldList": fields}),
            activity(
                "folder", "GetMetadata", {"dataset": named("folder"), "fieldList": ["childItems"]}
            ),
            activity("none", "GetMetadata", {"dataset": named("nothing"), "fieldList": ["exists"]}),
        ),
    )
    run = adf.run("p")
    assert adf.output(run["runId"], "file") == {
        "itemName": "x.csv", "itemType": "File", "size": len(CSV), "exists": True,
        "columnCount": 2,
    }  # fmt: skip
    assert adf.output(run["runId"], "folder")["childItems"] == [
        {"name": "deep", "type": "Folder"}, {"name": "x.csv", "type": "File"},
    ]  # fmt: skip
    assert adf.output(run["runId"], "none") == {"exists": False}


def test_deleting_deletes(adf: Factory, data: Data) -> None:
    for name in ("a/1.csv", "a/2.csv", "b/3.csv"):
        data.put(name)
    data.dataset("folder", "src", folder="a")
    adf.put("p", pipeline(activity("clean", "Delete", {"dataset": named("folder")})))
    run = adf.run("p")
    assert adf.output(run["runId"], "clean")["filesDeleted"] == 2
    assert data.names("src") == ["b/3.csv"]


def test_validation_waits_until_it_is_there(adf: Factory, data: Data) -> None:
    data.dataset("file", "src", file="late.csv")
    given = {"dataset": named("file"), "sleep": 30, "timeout": "0.01:00:00"}
    adf.put("p", pipeline(activity("look", "Validation", given)))
    id = adf.start("p")
    adf.azure.advance("PT10M")
    assert adf.get(id)["status"] == "InProgress"
    data.put("late.csv")
    adf.azure.advance("PT1M")
    assert adf.get(id)["status"] == "Succeeded"

    data.blobs.get_blob_client("src", "late.csv").delete_blob()
    again = adf.start("p")
    adf.azure.advance("PT2H")
    assert adf.get(again)["status"] == "Failed"
    assert adf.outcomes(again) == {"look": "TimedOut"}

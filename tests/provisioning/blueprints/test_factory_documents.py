"""What the form of a factory's activities comes to, as Azure writes it."""

from __future__ import annotations

from typing import Any

from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.blueprints.azure_data_factory.documents import Documents, Role
from provisioning.blueprints.azure_data_factory.flattening import flat_pipeline
from provisioning.blueprints.azure_data_factory.pasted import documents_of
from provisioning.blueprints.azure_data_factory.settings import Settings
from tests.provisioning.blueprints.factories import activities

SUBSCRIPTION = "/subscriptions/5a4db0c5-0000-4000-8000-000000000001"
VAULT = f"{SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.KeyVault/vaults/My-Vault"
BRICKS = f"{SUBSCRIPTION}/resourceGroups/ml/providers/Microsoft.Databricks/workspaces/w"


def documents(*some: dict[str, Any], **changes: Any) -> Documents:
    checked = BLUEPRINT.validate(activities(*some, **changes))
    return documents_of(Settings.model_validate(checked))


def only(found: Documents) -> dict[str, Any]:
    (activity,) = found.pipeline["activities"]
    return activity


def expression(text: str) -> dict[str, str]:
    return {"value": text, "type": "Expression"}


def test_a_wait() -> None:
    assert only(documents({"kind": "wait", "name": "a", "seconds": 5})) == {
        "name": "a", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 5}, "dependsOn": [],
    }  # fmt: skip


def test_what_a_file_or_an_event_fills_is_empty_for_all_other_runs() -> None:
    filled = [
        {"name": "file", "filled_with": "FileName", "default": None},
        {"name": "about", "filled_with": "EventSubject", "default": "nothing"},
        {"name": "since", "filled_with": "WindowStart"},
        {"name": "data", "filled_with": "EventData", "type": "Object"},
        {"name": "day"},
    ]
    found = documents({"kind": "wait", "name": "a", "seconds": 1}, parameters=filled)
    defaults = {
        name: each["defaultValue"]
        for name, each in found.pipeline["parameters"].items()
        if "defaultValue" in each and not name.startswith("skyclock_")
    }
    assert defaults == {"file": "", "about": "nothing"}


def test_conditions_limits_and_retries() -> None:
    found = documents(
        {"kind": "wait", "name": "a", "seconds": 5},
        {
            "kind": "web", "name": "b", "url": "https://example.com/@{pipeline().RunId}",
            "depends_on": [{"activity": "a", "on": "Failed"}],
            "policy": {"timeout_minutes": 1500, "retry": 2, "retry_interval_seconds": 60},
        },
    )  # fmt: skip
    web = found.pipeline["activities"][1]
    assert web["dependsOn"] == [{"activity": "a", "dependencyConditions": ["Failed"]}]
    assert web["policy"] == {
        "timeout": "1.01:00:00", "retry": 2, "retryIntervalInSeconds": 60,
        "secureInput": False, "secureOutput": False,
    }  # fmt: skip
    assert web["typeProperties"] == {
        "method": "GET", "url": expression("https://example.com/@{pipeline().RunId}"),
    }  # fmt: skip


def test_a_request_in_the_factorys_name() -> None:
    identity = {"kind": "managed_identity", "resource": "https://management.azure.com/"}
    found = only(documents(
        {"kind": "web", "name": "a", "url": "https://x.com", "authentication": identity}
    ))  # fmt: skip
    assert found["typeProperties"]["authentication"] == {
        "type": "MSI", "resource": "https://management.azure.com/",
    }  # fmt: skip


def test_a_password_is_read_from_the_vault() -> None:
    password = {"vault": VAULT, "secret": "pw"}
    basic = {"kind": "basic", "username": "ada", "password": password}
    found = documents({"kind": "web", "name": "a", "url": "https://x", "authentication": basic})
    (vault,) = found.linked_services
    assert found.linked_services[vault] == {
        "type": "AzureKeyVault",
        "typeProperties": {"baseUrl": "https://my-vault.vault.azure.net/"},
    }
    assert only(found)["typeProperties"]["authentication"]["password"] == {
        "type": "AzureKeyVaultSecret", "secretName": "pw",
        "store": {"referenceName": vault, "type": "LinkedServiceReference"},
    }  # fmt: skip
    assert found.roles == [Role("Key Vault Secrets User", VAULT)]


def test_a_copy_of_files_within_the_own_storage() -> None:
    found = documents(
        {
            "kind": "copy", "name": "load it",
            "source": {"kind": "own", "folder": "in"},
            "sink": {"kind": "own", "folder": "out/@{pipeline().RunId}", "file": "all.parquet"},
            "source_format": "DelimitedText", "sink_format": "Parquet", "parallel_copies": 4,
        }
    )  # fmt: skip
    copy = only(found)
    source, sink = copy["inputs"][0]["referenceName"], copy["outputs"][0]["referenceName"]
    assert found.datasets[source]["typeProperties"]["location"] == {
        "type": "AzureBlobStorageLocation", "container": "data", "folderPath": "in",
    }  # fmt: skip
    assert found.datasets[sink]["typeProperties"]["location"] == {
        "type": "AzureBlobStorageLocation", "container": "data", "fileName": "all.parquet",
        "folderPath": expression("@dataset().folderPath"),
    }  # fmt: skip
    assert copy["outputs"][0]["parameters"] == {"folderPath": expression("out/@{pipeline().RunId}")}
    given = copy["typeProperties"]
    assert given["source"]["type"] == "DelimitedTextSource"
    assert given["source"]["storeSettings"]["wildcardFileName"] == "*"
    assert (given["sink"]["type"], given["parallelCopies"]) == ("ParquetSink", 4)
    assert found.own_storage and list(found.linked_services) == ["storage"]


def test_a_copy_of_the_file_that_started_the_run() -> None:
    found = documents(
        {
            "kind": "copy", "name": "load", "source": {"kind": "triggered"},
            "sink": {"kind": "other", "account": "lake", "container": "raw"},
        },
        parameters=[
            {"name": "f", "default": "", "filled_with": "FileName"},
            {"name": "d", "default": "", "filled_with": "Folder"},
        ],
    )  # fmt: skip
    assert only(found)["inputs"][0]["parameters"] == {
        "container": expression("@first(split(pipeline().parameters.d, '/'))"),
        "folderPath": expression("@join(skip(split(pipeline().parameters.d, '/'), 1), '/')"),
        "fileName": expression("@pipeline().parameters.f"),
    }
    assert found.linked_services["storage_lake"]["typeProperties"]["serviceEndpoint"] == (
        "https://lake.blob.core.windows.net/"
    )


def test_a_copy_from_an_address() -> None:
    found = documents(
        {
            "kind": "copy", "name": "load",
            "source": {"kind": "http", "url": "https://example.com/data/@{item()}.csv"},
            "sink": {"kind": "own"},
        }
    )  # fmt: skip
    (http,) = [name for name in found.linked_services if name != "storage"]
    assert found.linked_services[http]["typeProperties"]["url"] == "https://example.com/"
    location = found.datasets["load_source"]["typeProperties"]["location"]
    assert location["relativeUrl"] == expression("@dataset().relativeUrl")
    assert only(found)["inputs"][0]["parameters"] == {
        "relativeUrl": expression("data/@{item()}.csv")
    }


def notebook(**more: Any) -> dict[str, Any]:
    return {
        "kind": "databricks_notebook", "name": "train", "notebook_path": "/train",
        "workspace_url": "https://adb-1.2.azuredatabricks.net/",
        "authentication": {"kind": "managed_identity", "workspace": BRICKS},
        "cluster": {"kind": "existing", "cluster_id": "c-1"},
        **more,
    }  # fmt: skip


def test_a_databricks_notebook_in_the_factorys_name() -> None:
    found = documents(notebook(parameters={"day": "@utcNow()"}))
    (service,) = found.linked_services.values()
    assert service["typeProperties"] == {
        "domain": "https://adb-1.2.azuredatabricks.net", "existingClusterId": "c-1",
        "authentication": "MSI", "workspaceResourceId": BRICKS,
    }  # fmt: skip
    assert only(found)["typeProperties"]["baseParameters"] == {"day": expression("@utcNow()")}
    assert found.roles == [Role("Contributor", BRICKS)]


def test_two_notebooks_of_one_workspace_share_their_service() -> None:
    found = documents(notebook(), notebook(name="again"))
    assert len(found.linked_services) == 1 and len(found.roles) == 1
    other = {"kind": "new", "version": "15.4.x-scala2.12", "node_type": "Standard_DS3_v2"}
    assert len(documents(notebook(), notebook(name="b", cluster=other)).linked_services) == 2


def test_a_databricks_token_is_read_from_the_vault() -> None:
    token = {"kind": "token", "token": {"vault": VAULT, "secret": "bricks"}}
    found = documents(notebook(authentication=token))
    service = next(each for each in found.linked_services.values()
                   if each["type"] == "AzureDatabricks")  # fmt: skip
    assert service["typeProperties"]["accessToken"]["secretName"] == "bricks"


def test_a_synapse_notebook() -> None:
    found = documents(
        {
            "kind": "synapse_notebook", "name": "train", "workspace": "lab", "notebook": "train",
            "spark_pool": "small", "executors": 2, "parameters": {"day": "today"},
        }
    )  # fmt: skip
    assert found.linked_services["synapse_lab"]["typeProperties"] == {
        "endpoint": "https://lab.dev.azuresynapse.net", "authentication": "MSI",
    }  # fmt: skip
    assert only(found)["typeProperties"] == {
        "notebook": {"referenceName": "train", "type": "NotebookReference"},
        "sparkPool": {"referenceName": "small", "type": "BigDataPoolReference"},
        "numExecutors": 2,
        "parameters": {"day": {"value": "today", "type": "string"}},
    }


def test_parameters_keep_their_types_and_ours_are_added() -> None:
    found = documents(
        {"kind": "wait", "name": "a", "seconds": 1},
        parameters=[
            {"name": "n", "type": "Int", "default": "3"},
            {"name": "l", "type": "Array", "default": '["x"]'},
            {"name": "b", "type": "Bool", "default": "false"},
            {"name": "s"},
        ],
    )
    assert found.pipeline["parameters"] == {
        "n": {"type": "Int", "defaultValue": 3},
        "l": {"type": "Array", "defaultValue": ["x"]},
        "b": {"type": "Bool", "defaultValue": False},
        "s": {"type": "String"},
        "skyclock_token": {"type": "String", "defaultValue": ""},
        "skyclock_cause": {"type": "String", "defaultValue": ""},
    }


def test_the_providers_shape_has_no_type_properties() -> None:
    loop = {
        "kind": "for_each", "name": "all", "items": "@pipeline().parameters.x",
        "activities": [
            {
                "kind": "if", "name": "check", "condition": "@equals(item(), 1)",
                "then": [{"kind": "wait", "name": "a", "seconds": 1}],
            }
        ],
    }  # fmt: skip
    found = flat_pipeline(documents(loop).pipeline)
    assert "typeProperties" not in str(found)
    (outer,) = found["activities"]
    assert outer["activities"][0]["ifTrueActivities"][0]["waitTimeInSeconds"] == 1

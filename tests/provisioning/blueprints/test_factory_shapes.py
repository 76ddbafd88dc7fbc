"""Everything that the form of a factory knows, and a pasted definition, deployed on the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.contracts import Changes, Cloud, EngineCommand, Operation
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.factories import ACCOUNT, DAILY
from tests.provisioning.blueprints.factories import spec as factory_spec
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

SHARED = f"/subscriptions/{ACCOUNT}/resourceGroups/shared/providers"
BRICKS = {"kind": "managed_identity", "workspace": f"{SHARED}/Microsoft.Databricks/workspaces/w"}
SECRET = {"vault": f"{SHARED}/Microsoft.KeyVault/vaults/safe", "secret": "password"}
WIDE = {
    "source": "activities",
    "parameters": [{"name": "days", "type": "Array", "default": '["mon"]'}],
    "activities": [
        {
            "kind": "web", "name": "ask", "method": "POST", "url": "https://example.com/",
            "body": "{}", "headers": {"Accept": "application/json"},
            "authentication": {"kind": "basic", "username": "ada", "password": SECRET},
        },
        {
            "kind": "copy", "name": "fetch",
            "source": {"kind": "http", "url": "https://example.com/@{pipeline().RunId}.csv"},
            "source_format": "DelimitedText", "sink_format": "Parquet",
            "sink": {"kind": "own", "folder": "out"},
        },
        {
            "kind": "databricks_notebook", "name": "train", "notebook_path": "/train",
            "workspace_url": "https://adb-1.2.azuredatabricks.net", "authentication": BRICKS,
            "cluster": {"kind": "new", "version": "15.4.x", "node_type": "Standard_DS3_v2"},
        },
        {
            "kind": "synapse_notebook", "name": "score", "workspace": "lab", "notebook": "score",
            "depends_on": [{"activity": "train", "on": "Completed"}], "parameters": {"day": "x"},
        },
        {
            "kind": "for_each", "name": "days", "items": "@pipeline().parameters.days",
            "activities": [
                {
                    "kind": "execute_pipeline", "name": "clean", "pipeline": "clean",
                    "parameters": {"day": "@item()"},
                }
            ],
        },
    ],
    "pipelines": [
        {
            "name": "clean", "parameters": [{"name": "day"}],
            "activities": [
                {"kind": "execute_pipeline", "name": "scrub", "pipeline": "scrub"},
            ],
        },
        {"name": "scrub", "activities": [{"kind": "wait", "name": "wait", "seconds": 1}]},
    ],
    # What it names is not there, so that no roles can be given on it.
    "access": {"assign_roles": False, "test_files_and_events": False},
}  # fmt: skip
PASTED = {
    "activities": [
        {
            "name": "read", "type": "Lookup",
            "typeProperties": {
                "source": {"type": "JsonSource"},
                "dataset": {"referenceName": "table", "type": "DatasetReference"},
            },
        },
        {
            "name": "each", "type": "Switch", "dependsOn": [
                {"activity": "read", "dependencyConditions": ["Succeeded"]}
            ],
            "typeProperties": {
                "on": {"value": "@pipeline().parameters.mode", "type": "Expression"},
                "cases": [{"value": "a", "activities": [
                    {"name": "set", "type": "SetVariable",
                     "typeProperties": {"variableName": "v", "value": "1"}}
                ]}],
            },
        },
    ],
    "parameters": {"mode": {"type": "string", "defaultValue": "a"}},
    "variables": {"v": {"type": "String"}},
    "datasets": {
        "table": {
            "type": "Json",
            "linkedServiceName": {"referenceName": "storage", "type": "LinkedServiceReference"},
            "typeProperties": {
                "location": {"type": "AzureBlobStorageLocation", "container": "data"}
            },
        }
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "given"),
    [
        ("wide", WIDE),
        ("pasted", {"source": "definition", "definition": json.dumps(PASTED)}),
    ],
)
def test_whatever_the_form_or_a_definition_says_is_taken(
    slug: str,
    given: dict[str, Any],
    tmp_path: Path,
    engine: EngineCommand,
    sandbox: SandboxProcess,
) -> None:
    wanted = factory_spec(DAILY, given=BLUEPRINT.validate(given))
    wanted = wanted.model_copy(update={"slug": slug})
    deployed = DeployedStack(tmp_path, engine, sandbox.access(ACCOUNT, cloud=Cloud.AZURE), wanted)
    up = deployed.run(Operation.UP)
    assert up.status == "succeeded", up.error
    assert deployed.run(Operation.UP).changes == Changes(same=up.changes.create)
    down = deployed.run(Operation.DESTROY)
    assert down.changes == Changes(delete=up.changes.create), down.error

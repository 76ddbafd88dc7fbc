"""A sandbox that is killed in the middle of runs tells the truth when it comes back."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt.datafactory import DataFactoryManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from provisioning.contracts import Cloud
from tests.sandbox.azure.conftest import BearerToken, SandboxCredential
from tests.sandbox.azure.definitions import activity, pipeline, reference, schedule, starts, wait
from tests.sandbox.azure.running import ALWAYS
from tests.sandbox_process import ACCOUNTS, SandboxProcess

pytestmark = pytest.mark.sandbox
SUBSCRIPTION, REGION = ACCOUNTS[Cloud.AZURE]
WHERE = ("rg", "killed-adf")
LONG_AGO = "2026-01-01T00:00:00Z"


def client(process: SandboxProcess, cls: Any) -> Any:
    return cls(
        SandboxCredential(), SUBSCRIPTION, base_url=f"{process.address.azure_url}/arm",
        authentication_policy=BearerToken(f"sandbox-only-token-of-{SUBSCRIPTION}"), retry_total=0,
    )  # fmt: skip


def prepare(process: SandboxProcess) -> None:
    client(process, ResourceManagementClient).resource_groups.create_or_update(
        "rg", {"location": REGION}
    )
    factories = client(process, DataFactoryManagementClient)
    factories.factories.create_or_update(*WHERE, {"location": REGION})
    factories.pipelines.create_or_update(*WHERE, "child", pipeline(wait("inner", 120)))
    call = {"pipeline": reference("child"), "waitOnCompletion": True}
    loop = {
        "items": {"type": "Expression", "value": "@createArray(1, 2, 3)"}, "isSequential": True,
        "activities": [wait("w", 30)],
    }  # fmt: skip
    factories.pipelines.create_or_update(
        *WHERE, "p",
        pipeline(activity("call", "ExecutePipeline", call), activity("each", "ForEach", loop)),
    )  # fmt: skip
    factories.triggers.create_or_update(
        *WHERE, "t", schedule(starts("child"), frequency="Minute", interval=15, startTime=LONG_AGO)
    )
    factories.triggers.begin_start(*WHERE, "t").result()


def test_runs_go_on_after_a_kill_in_their_middle(tmp_path: Path) -> None:
    process = SandboxProcess(data=tmp_path / "sandbox")
    try:
        prepare(process.start())
        factories = client(process, DataFactoryManagementClient)
        id = factories.pipelines.create_run(*WHERE, "p").run_id
        for _ in range(4):
            process.control("/clock", {"advance": "PT35S"})
            process.end(signal.SIGKILL)
            process.start()
        process.control("/clock", {"advance": "PT1H"})

        run = factories.pipeline_runs.get(*WHERE, id)
        assert run.status == "Succeeded"
        found = factories.activity_runs.query_by_pipeline_run(*WHERE, id, ALWAYS).value
        assert sorted(each.activity_name for each in found) == ["call", "each", "w", "w", "w"]
        assert {each.status for each in found} == {"Succeeded"}
        fired = factories.trigger_runs.query_by_factory(*WHERE, ALWAYS).value
        times = [each.trigger_run_timestamp.isoformat() for each in fired]
        assert len(times) == len(set(times)) >= 4
    finally:
        process.end()


def test_a_call_that_was_under_way_is_made_again(tmp_path: Path) -> None:
    """The web activity calls the sandbox's own control address, which is on this machine."""
    process = SandboxProcess(data=tmp_path / "sandbox")
    try:
        prepare(process.start())
        factories = client(process, DataFactoryManagementClient)
        url = f"{process.address.control_url}/health"
        web = activity("call", "WebActivity", {"method": "GET", "url": url})
        factories.pipelines.create_or_update(*WHERE, "web", pipeline(web))
        ids = [factories.pipelines.create_run(*WHERE, "web").run_id for _ in range(20)]
        time.sleep(2.2)  # about when they call
        process.end(signal.SIGKILL)
        process.start()
        process.control("/clock", {"advance": "PT10M"})

        states = {factories.pipeline_runs.get(*WHERE, id).status for id in ids}
        assert states == {"Succeeded"}
    finally:
        process.end()

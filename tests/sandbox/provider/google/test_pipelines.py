"""Data pipelines under the real engine."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
from pulumi.automation import CommandError

from tests.sandbox.google.pipelines import CLASSIC, FLEX
from tests.sandbox.provider.google.conftest import PARENT, PROJECT, REGION, Clients
from tests.sandbox.provider.inline_stack import InlineStack

pytestmark = pytest.mark.sandbox
df = gcp.dataflow


def classic() -> Any:
    return df.PipelineWorkloadArgs(
        dataflow_launch_template_request=df.PipelineWorkloadDataflowLaunchTemplateRequestArgs(
            project_id=PROJECT,
            location=REGION,
            gcs_path=CLASSIC,
            launch_parameters=(
                df.PipelineWorkloadDataflowLaunchTemplateRequestLaunchParametersArgs(
                    job_name="count",
                    parameters={"inputFile": "gs://dataflow-samples/shakespeare/kinglear.txt"},
                    update=False,
                )
            ),
        )
    )


def flex() -> Any:
    name = "dataflow_flex_template_request"
    args = df.PipelineWorkloadDataflowFlexTemplateRequestArgs
    parameter = df.PipelineWorkloadDataflowFlexTemplateRequestLaunchParameterArgs
    environment = df.PipelineWorkloadDataflowFlexTemplateRequestLaunchParameterEnvironmentArgs
    request = args(
        project_id=PROJECT,
        location=REGION,
        launch_parameter=parameter(
            job_name="convert",
            container_spec_gcs_path=FLEX,
            parameters={"inputFileFormat": "csv"},
            environment=environment(max_workers=2, additional_user_labels={"a": "b"}),
        ),
    )
    return df.PipelineWorkloadArgs(**{name: request})


def program(name: str, workload: Any, **more: Any) -> Any:
    def declare() -> None:
        pipeline = df.Pipeline(
            "nightly",
            name=name,
            display_name="Nightly",
            region=REGION,
            type="PIPELINE_TYPE_BATCH",
            state="STATE_ACTIVE",
            workload=workload,
            **more,
        )
        pulumi.export("id", pipeline.id)
        pulumi.export("next", pipeline.schedule_info)
        pulumi.export("scheduler", pipeline.scheduler_service_account_email)

    return declare


def schedule(text: str, zone: str = "Europe/Berlin") -> Any:
    return df.PipelineScheduleInfoArgs(schedule=text, time_zone=zone)


def test_a_pipeline_lives_changes_in_place_and_goes(stack: InlineStack, clients: Clients) -> None:
    first = program("lives", classic(), schedule_info=schedule("30 6 * * 1-5"))
    assert stack.preview(first) == {"create": 2}
    assert stack.up(first) == {"create": 2}
    assert stack.problems() == ""
    name = f"{PARENT}/pipelines/lives"
    outputs = stack.outputs()
    assert outputs["id"] == name
    assert outputs["scheduler"].endswith("-compute@developer.gserviceaccount.com")
    assert outputs["next"]["nextJobTime"]
    assert stack.up(first) == {"same": 2}
    assert stack.refresh() == {"same": 2}

    api = clients("datapipelines").projects().locations().pipelines()
    second = program("lives", flex(), schedule_info=schedule("0 7 * * *", "UTC"))
    assert stack.up(second) == {"same": 1, "update": 1}
    found = api.get(name=name).execute()
    assert list(found["workload"]) == ["dataflowFlexTemplateRequest"]
    assert found["scheduleInfo"]["schedule"] == "0 7 * * *"
    assert stack.up(program("lives", flex())) == {"same": 1, "update": 1}
    assert "scheduleInfo" not in api.get(name=name).execute()

    assert stack.up(program("other", flex()))["replace"] == 1
    assert stack.destroy() == {"delete": 2}
    left = api.list(parent=PARENT).execute().get("pipelines", [])
    assert not {one["name"] for one in left} & {name, f"{PARENT}/pipelines/other"}


def test_a_run_between_two_deployments_is_no_change(stack: InlineStack, clients: Clients) -> None:
    declared = program("runs", classic(), schedule_info=schedule("* * * * *"))
    stack.up(declared)
    api = clients("datapipelines").projects().locations().pipelines()
    api.run(name=f"{PARENT}/pipelines/runs", body={}).execute()
    assert stack.up(declared) == {"same": 2}


def test_refusals_are_in_googles_words(stack: InlineStack) -> None:
    with pytest.raises(CommandError):
        stack.up(program("wrong", classic(), schedule_info=schedule("0 25 * * *")))
    assert (
        "Error creating Pipeline: googleapi: Error 400: Invalid schedule: "
        "'25' is not within 0 to 23."
    ) in stack.problems()

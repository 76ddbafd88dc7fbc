"""Starting, stopping and repeating runs, and pulling them; a recorded AWS answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.models import AuditEntry, Connection, Pipeline, Run
from tests.dashboard.api.conftest import Caller, fields
from tests.provisioning.blueprints.answering import ANY, AnsweringSession

PIPELINE = "skyclock-churn"
ARN = f"arn:aws:sagemaker:eu-west-1:111122223333:pipeline/{PIPELINE}/execution/abc"
OTHER = ARN.replace("abc", "def")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SAGEMAKER = "sagemaker"


def looked_at(cloud: AnsweringSession, arn: str, word: str = "Executing") -> None:
    """What is asked to know one run."""
    cloud.answers(
        SAGEMAKER, "describe_pipeline_execution",
        {"PipelineExecutionArn": arn, "PipelineExecutionStatus": word, "CreationTime": NOON,
         "LastModifiedTime": NOON},
    )  # fmt: skip
    cloud.answers(SAGEMAKER, "list_pipeline_parameters_for_execution", {"PipelineParameters": []})
    cloud.answers(SAGEMAKER, "list_pipeline_execution_steps", {"PipelineExecutionSteps": [
        {"StepName": "prepare", "StartTime": NOON, "StepStatus": "Executing",
         "Metadata": {"ProcessingJob": {"Arn": "arn:aws:sagemaker:eu-west-1:111122223333:p/a"}}},
    ]})  # fmt: skip


def started(cloud: AnsweringSession, arn: str = ARN, parameters: Any = ANY) -> None:
    cloud.answers(
        SAGEMAKER, "start_pipeline_execution", {"PipelineExecutionArn": arn},
        PipelineName=PIPELINE, PipelineExecutionDisplayName=ANY, PipelineParameters=parameters,
        ClientRequestToken=ANY,
    )  # fmt: skip


def in_status(cloud: AnsweringSession, word: str) -> None:
    cloud.answers(
        SAGEMAKER, "describe_pipeline_execution",
        {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": word},
    )  # fmt: skip


def run_now(api: Caller, pipeline: Pipeline, expect: int = 202, **body: Any) -> Any:
    return api.post(f"/pipelines/{pipeline.pk}/runs", body, expect=expect)


def test_a_run_starts_with_the_parameters_that_are_given(
    api: Caller, deployed: Pipeline, cloud: AnsweringSession
) -> None:
    given = [{"Name": "InputKey", "Value": "s3://other/in/"}]
    started(cloud, parameters=given)
    looked_at(cloud, ARN)
    run = run_now(api, deployed, parameters={"InputKey": "s3://other/in/"})
    assert (run["cloud_id"], run["status"], run["trigger"]) == (ARN, "running", "manual")
    assert run["cloud_status"] == "Executing"
    shown = api.get(f"/runs/{run['id']}")
    assert [each["name"] for each in shown["steps"]] == ["prepare"]
    assert AuditEntry.objects.get(action="run.start").actor.username == "mel"
    cloud.all_asked()


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0.5"), (7, "7"), (-1.5e-7, "-1.5e-07"), ("3", "3")]
)
def test_numbers_are_handed_over_as_text(
    value: Any, text: str, api: Caller, deployed: Pipeline, cloud: AnsweringSession
) -> None:
    name = next(each["name"] for each in api.get("/blueprints")[0]["example"]["parameters"]
                if each["type"] == "Float")  # fmt: skip
    started(cloud, parameters=[{"Name": name, "Value": text}])
    looked_at(cloud, ARN)
    run_now(api, deployed, parameters={name: value})
    cloud.all_asked()


def test_a_body_is_not_needed(api: Caller, deployed: Pipeline, cloud: AnsweringSession) -> None:
    started(cloud, parameters=[])
    looked_at(cloud, ARN)
    assert api.post(f"/pipelines/{deployed.pk}/runs", expect=202)["cloud_id"] == ARN


def test_wrong_parameters_are_named_and_nothing_is_started(
    api: Caller, deployed: Pipeline, cloud: AnsweringSession
) -> None:
    refused = run_now(api, deployed, parameters={"Surplus": 1, "InputKey": "x" * 2000},
                      expect=422)  # fmt: skip
    assert set(fields(refused)) == {"parameters.Surplus", "parameters.InputKey"}
    assert not Run.objects.exists()


def test_what_is_not_deployed_does_not_run(
    api: Caller, pipeline: Pipeline, cloud: AnsweringSession
) -> None:
    assert run_now(api, pipeline, expect=409)["title"] == "Not possible"


def test_the_connection_has_to_allow_it(
    api: Caller, deployed: Pipeline, run: Run, cloud: AnsweringSession
) -> None:
    Connection.objects.update(level="observe")
    Run.objects.update(status="running")
    assert "for observe only" in run_now(api, deployed, expect=409)["detail"]
    for verb in ("stop", "rerun"):
        assert "for observe only" in api.post(f"/runs/{run.pk}/{verb}", expect=409)["detail"]


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDeniedException", 409), ("ResourceNotFound", 409), ("ThrottlingException", 503),
     ("ResourceLimitExceeded", 409), ("InternalFailure", 503)],
)  # fmt: skip
def test_the_clouds_own_words_are_told(
    code: str, status: int, api: Caller, deployed: Pipeline, cloud: AnsweringSession
) -> None:
    cloud.refuses(SAGEMAKER, "start_pipeline_execution", code)
    refused = run_now(api, deployed, expect=status)
    assert (refused["detail"], refused["code"]) == ("The cloud's own words.", code)
    assert not Run.objects.exists()


def test_a_run_is_stopped(api: Caller, deployed: Pipeline, new_run: Callable[..., Run],
                          cloud: AnsweringSession) -> None:  # fmt: skip
    run = new_run(deployed, "running", cloud_id=ARN, finished=None)
    in_status(cloud, "Executing")
    cloud.answers(SAGEMAKER, "stop_pipeline_execution", {"PipelineExecutionArn": ARN})
    looked_at(cloud, ARN, "Stopping")
    stopped = api.post(f"/runs/{run.pk}/stop", expect=202)
    assert (stopped["id"], stopped["status"], stopped["cloud_status"]) == (
        run.pk, "running", "Stopping",
    )  # fmt: skip


def test_one_that_has_ended_is_not_stopped(api: Caller, run: Run, cloud: AnsweringSession) -> None:
    assert api.post(f"/runs/{run.pk}/stop", expect=409)["detail"] == ("This run has ended already.")


@pytest.mark.parametrize("body", [(), ({},), ({"from_failure": False},), (None,)])
def test_a_rerun_is_a_run_of_its_own(
    body: tuple[Any, ...], api: Caller, deployed: Pipeline, new_run: Callable[..., Run],
    cloud: AnsweringSession,
) -> None:  # fmt: skip
    run = new_run(deployed, "failed", cloud_id=ARN)
    in_status(cloud, "Failed")
    cloud.answers(
        SAGEMAKER, "list_pipeline_parameters_for_execution",
        {"PipelineParameters": [{"Name": "InputKey", "Value": "s3://was/"}]},
    )  # fmt: skip
    started(cloud, OTHER, [{"Name": "InputKey", "Value": "s3://was/"}])
    looked_at(cloud, OTHER)
    again = api.post(f"/runs/{run.pk}/rerun", *body, expect=202)
    assert again["cloud_id"] == OTHER
    assert again["id"] != run.pk
    cloud.all_asked()


def test_a_failed_run_is_taken_up_where_it_failed(
    api: Caller, deployed: Pipeline, new_run: Callable[..., Run], cloud: AnsweringSession
) -> None:
    run = new_run(deployed, "failed", cloud_id=ARN)
    in_status(cloud, "Failed")
    cloud.answers(SAGEMAKER, "retry_pipeline_execution", {"PipelineExecutionArn": ARN})
    looked_at(cloud, ARN)
    again = api.post(f"/runs/{run.pk}/rerun", {"from_failure": True}, expect=202)
    assert (again["id"], again["status"], again["finished"]) == (run.pk, "running", None)


def test_what_succeeded_is_not_taken_up(
    api: Caller, deployed: Pipeline, new_run: Callable[..., Run], cloud: AnsweringSession
) -> None:
    run = new_run(deployed, cloud_id=ARN)
    in_status(cloud, "Succeeded")
    refused = api.post(f"/runs/{run.pk}/rerun", {"from_failure": True}, expect=409)
    assert "failed and stopped runs only" in refused["detail"]


# ── Pulling ─────────────────────────────────────────────────────────────────────────


def test_a_sync_returns_when_the_history_is_there(
    api: Caller, deployed: Pipeline, cloud: AnsweringSession
) -> None:
    cloud.answers(SAGEMAKER, "list_pipeline_executions", {"PipelineExecutionSummaries": [
        {"PipelineExecutionArn": ARN, "StartTime": NOON, "PipelineExecutionStatus": "Executing"},
    ]})  # fmt: skip
    looked_at(cloud, ARN)
    cloud.refuses("scheduler", "get_schedule", "ResourceNotFoundException")
    synced = api.post(f"/pipelines/{deployed.pk}/sync")
    assert synced["synced_at"] and synced["sync_error"] == ""
    (trigger,) = synced["triggers"]
    assert (trigger["state"], bool(trigger["verified_at"])) == ("missing", True)
    (item,) = api.get(f"/runs?pipeline={deployed.pk}")["items"]
    assert (item["cloud_id"], item["status"]) == (ARN, "running")
    cloud.all_asked()


def test_a_sync_of_nothing_is_done_at_once(
    api: Caller, pipeline: Pipeline, cloud: AnsweringSession
) -> None:
    assert api.post(f"/pipelines/{pipeline.pk}/sync")["sync_error"] == ""


def test_a_sync_that_fails_says_why_and_the_pipeline_too(
    api: Caller, deployed: Pipeline, cloud: AnsweringSession
) -> None:
    cloud.refuses(SAGEMAKER, "list_pipeline_executions", "AccessDeniedException")
    assert api.post(f"/pipelines/{deployed.pk}/sync", expect=409)["detail"] == (
        "The cloud's own words."
    )
    assert api.get(f"/pipelines/{deployed.pk}")["sync_error"] == "The cloud's own words."


# ── Pausing ─────────────────────────────────────────────────────────────────────────


def schedule(state: str) -> dict[str, Any]:
    role = "arn:aws:iam::111122223333:role/skyclock-churn-on-t1"
    return {
        "Name": "skyclock-churn-t1", "ScheduleExpression": "cron(0 6 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin", "State": state,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": f"arn:aws:sagemaker:eu-west-1:111122223333:pipeline/{PIPELINE}",
                   "RoleArn": role},
    }  # fmt: skip


def test_a_trigger_is_paused_and_resumed_in_the_cloud(
    api: Caller, deployed: Pipeline, cloud: AnsweringSession
) -> None:
    path = f"/pipelines/{deployed.pk}/triggers/{deployed.triggers.get().pk}"
    for verb, before, after, state in (
        ("pause", "ENABLED", "DISABLED", "paused"), ("resume", "DISABLED", "ENABLED", "active"),
    ):  # fmt: skip
        cloud.answers("scheduler", "get_schedule", schedule(before))
        cloud.answers("scheduler", "update_schedule", {"ScheduleArn": "arn:aws:scheduler:a"})
        cloud.answers("scheduler", "get_schedule", schedule(after))
        shown = api.post(f"{path}/{verb}")
        assert (shown["state"], shown["paused"]) == (state, verb == "pause")
        assert bool(shown["next"]) == (verb == "resume")
        assert shown["native"] == ["cron(0 6 * * ? *) Europe/Berlin"]
    cloud.all_asked()


def test_a_pause_that_the_cloud_refuses_is_none(
    api: Caller, deployed: Pipeline, cloud: AnsweringSession
) -> None:
    path = f"/pipelines/{deployed.pk}/triggers/{deployed.triggers.get().pk}"
    cloud.refuses("scheduler", "get_schedule", "AccessDeniedException")
    assert api.post(f"{path}/pause", expect=409)["code"] == "AccessDeniedException"
    assert api.get(f"/pipelines/{deployed.pk}")["triggers"][0]["paused"] is False


def test_a_trigger_that_is_not_deployed_is_not_paused(api: Caller, pipeline: Pipeline) -> None:
    path = f"/pipelines/{pipeline.pk}/triggers/{pipeline.triggers.get().pk}"
    for verb in ("pause", "resume"):
        api.post(f"{path}/{verb}", expect=409)


def test_triggers_of_other_pipelines_are_not_found(
    api: Caller, deployed: Pipeline, new_pipeline: Callable[..., Pipeline]
) -> None:
    foreign = new_pipeline("Other").triggers.get()
    for number in (foreign.pk, 999, 2**63, "x"):
        for verb in ("pause", "resume"):
            api.post(f"/pipelines/{deployed.pk}/triggers/{number}/{verb}", expect=404)


def test_a_trigger_that_was_taken_out_is_not_found(api: Caller, deployed: Pipeline) -> None:
    gone = deployed.triggers.get().pk
    api.patch(f"/pipelines/{deployed.pk}", {"triggers": []})
    api.post(f"/pipelines/{deployed.pk}/triggers/{gone}/pause", expect=404)

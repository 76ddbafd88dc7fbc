"""What a state machine, its jobs and its triggers may do: what they need and nothing beside it."""

from __future__ import annotations

import json
from typing import Any

from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_stepfunctions_training.access import jobs_read, jobs_write
from provisioning.blueprints.aws_stepfunctions_training.building import definition_text
from provisioning.blueprints.aws_stepfunctions_training.footprint import Footprint, footprint
from provisioning.blueprints.aws_stepfunctions_training.roles import job_policy, machine_policy
from provisioning.blueprints.aws_stepfunctions_training.settings import Settings
from provisioning.contracts import StackSpec
from tests.provisioning.blueprints.machines import form, landing, pasted, spec, states, train

PLACE = Place("eu-west-1", "111122223333")
HERE = "eu-west-1:111122223333"
JOBS = "arn:aws:iam::111122223333:role/skyclock-daily-training-jobs"


def touched(found: StackSpec) -> tuple[Settings, Footprint]:
    settings = Settings.model_validate(found.settings)
    return settings, footprint(json.loads(definition_text(found, settings)))


def machine_may(settings: dict[str, Any], *, logs: bool = False) -> dict[str, dict[str, Any]]:
    found = spec(settings)
    checked, prints = touched(found)
    allowed = getattr(checked.machine, "permissions", ())
    made = machine_policy(prints, slug=found.slug, place=PLACE, allowed=allowed, logs=logs)
    return {each["Sid"]: each for each in made["Statement"]}


def jobs_may(found: StackSpec) -> dict[str, dict[str, Any]]:
    settings, prints = touched(found)
    read, write = jobs_read(found, settings), jobs_write(settings)
    made = job_policy(prints, place=PLACE, read=read, write=write)
    return {each["Sid"]: each for each in made["Statement"]}


def call(resource: str, **parameters: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    return pasted(states("Call", Call=task))


def test_the_machine_of_a_form_runs_jobs_of_its_name_as_their_role() -> None:
    may = machine_may(form())
    assert list(may) == ["RunTrainingJobs", "HearOfTrainingJobs", "PassRolesToJobs"]
    assert may["RunTrainingJobs"]["Action"] == [
        "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob",
        "sagemaker:StopTrainingJob", "sagemaker:AddTags",
    ]  # fmt: skip
    prefix = f"arn:aws:sagemaker:{HERE}:training-job/skyclock-da-"
    (resource,) = may["RunTrainingJobs"]["Resource"]
    assert resource.startswith(prefix) and resource.endswith("-*")
    assert may["HearOfTrainingJobs"]["Resource"] == [
        f"arn:aws:events:{HERE}:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    ]
    assert may["PassRolesToJobs"]["Resource"] == [JOBS]
    assert may["PassRolesToJobs"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }


def test_it_calls_the_functions_that_are_named_and_delivers_its_log() -> None:
    function = f"arn:aws:lambda:{HERE}:function:prepare"
    may = machine_may(form({"functions": {"before": function}}), logs=True)
    assert may["CallFunctions"]["Resource"] == [function]
    assert "logs:CreateLogDelivery" in may["DeliverLogs"]["Action"]


def test_the_jobs_of_a_form_read_their_inputs_and_write_their_output() -> None:
    may = jobs_may(spec(form()))
    assert may["ReadData"]["Resource"] == [
        "arn:aws:s3:::my-bucket/models/*", "arn:aws:s3:::my-bucket/training/*",
    ]  # fmt: skip
    assert may["WriteData"]["Resource"] == ["arn:aws:s3:::my-bucket/models/*"]
    assert may["PullImages"]["Resource"] == ["arn:aws:ecr:eu-west-1:123456789012:repository/mine"]


def test_they_read_what_parameters_name_by_default_and_where_objects_land() -> None:
    settings = form(
        inputs=[{"source": "s3://${Parameters.Bucket}/in/"}],
        output="s3://my-bucket/${Execution.Name}/",
    ) | {"parameters": [{"name": "Bucket", "default": "theirs"}]}
    may = jobs_may(spec(settings, triggers=(landing(),)))
    assert may["ReadData"]["Resource"] == [
        "arn:aws:s3:::my-bucket/*",
        "arn:aws:s3:::skyclock-daily-training-111122223333/data/*",
        "arn:aws:s3:::theirs/in/*",
    ]
    assert may["WriteData"]["Resource"] == ["arn:aws:s3:::my-bucket/*"]


def test_a_pasted_machine_has_permissions_for_what_it_names() -> None:
    may = machine_may(pasted(states("Train", Train=train())))
    assert list(may) == ["RunTrainingJobs", "HearOfTrainingJobs", "PassRolesToJobs"]
    (resource,) = may["RunTrainingJobs"]["Resource"]
    assert resource.startswith(f"arn:aws:sagemaker:{HERE}:training-job/skyclock-da-")
    assert may["PassRolesToJobs"]["Resource"] == [JOBS]


def test_a_name_that_only_a_run_knows_is_any_name() -> None:
    job = train()
    job["Parameters"]["TrainingJobName.$"] = "$.name"
    may = machine_may(pasted(states("Train", Train=job)))
    assert may["RunTrainingJobs"]["Resource"] == [f"arn:aws:sagemaker:{HERE}:training-job/*"]


def test_services_are_allowed_where_they_are_named() -> None:
    queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/told"
    assert machine_may(call("arn:aws:states:::sqs:sendMessage", QueueUrl=queue))["SendMessages"][
        "Resource"
    ] == [f"arn:aws:sqs:{HERE}:told"]
    assert machine_may(call("arn:aws:states:::lambda:invoke", FunctionName="prepare"))[
        "CallFunctions"
    ]["Resource"] == [f"arn:aws:lambda:{HERE}:function:prepare"]
    assert machine_may(call(f"arn:aws:lambda:{HERE}:function:plain"))["CallFunctions"][
        "Resource"
    ] == [f"arn:aws:lambda:{HERE}:function:plain"]
    entries = [{"Source": "x", "DetailType": "y", "Detail": {}}]
    assert machine_may(call("arn:aws:states:::events:putEvents", Entries=entries))["PutEvents"][
        "Resource"
    ] == [f"arn:aws:events:{HERE}:event-bus/default"]


def test_another_machine_is_started_followed_and_stopped() -> None:
    other = f"arn:aws:states:{HERE}:stateMachine:other"
    resource = "arn:aws:states:::states:startExecution.sync:2"
    may = machine_may(call(resource, StateMachineArn=other))
    assert may["StartMachines"]["Resource"] == [other]
    assert may["FollowExecutions"]["Resource"] == [f"arn:aws:states:{HERE}:execution:other:*"]
    assert "StepFunctionsExecutionRule" in may["HearOfExecutions"]["Resource"][0]


def test_further_permissions_are_given_as_they_are_written() -> None:
    allowed = [{"actions": ["sns:Publish"], "resources": ["arn:aws:sns:eu-west-1:1:x"]}]
    settings = pasted(states("Train", Train=train()), permissions=allowed)
    assert machine_may(settings)["Further0"]["Resource"] == ["arn:aws:sns:eu-west-1:1:x"]

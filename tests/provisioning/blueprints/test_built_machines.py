"""From a form to Amazon States Language, and from triggers to the input of executions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from provisioning.blueprints.aws_stepfunctions_training.building import definition_text, job_name
from provisioning.blueprints.aws_stepfunctions_training.definition import check_definition
from provisioning.blueprints.aws_stepfunctions_training.references import expression
from provisioning.blueprints.aws_stepfunctions_training.settings import Settings
from provisioning.blueprints.aws_stepfunctions_training.starting import (
    again,
    by_event,
    by_hand,
    by_schedule,
    read,
)
from tests.provisioning.blueprints.machines import (
    DATA,
    SYNC,
    form,
    landing,
    pasted,
    ready,
    spec,
    states,
    train,
)

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:{}"


def built(settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = spec(settings, **more)
    text = definition_text(found, Settings.model_validate(found.settings))
    assert check_definition(text) == []
    made: dict[str, Any] = json.loads(text)
    return made


def test_a_form_becomes_one_task_that_waits_for_its_job() -> None:
    machine = built(form(metrics=[{"name": "loss", "regex": "loss=(.*)"}]), tags={"team": "x"})
    assert (machine["StartAt"], list(machine["States"])) == ("Train", ["Train"])
    task = machine["States"]["Train"]
    assert (task["Resource"], task["End"], task["ResultPath"]) == (SYNC, True, "$.training")
    asked = task["Parameters"]
    assert asked["RoleArn"] == "arn:aws:iam::111122223333:role/skyclock-daily-training-jobs"
    assert asked["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] == DATA
    assert asked["Tags"] == [
        {"Key": "skyclock:pipeline", "Value": "daily-training"}, {"Key": "team", "Value": "x"},
    ]  # fmt: skip
    assert asked["AlgorithmSpecification"]["MetricDefinitions"] == [
        {"Name": "loss", "Regex": "loss=(.*)"}
    ]


def test_functions_stand_around_the_job() -> None:
    functions = {"before": FUNCTION.format("prepare"), "after": FUNCTION.format("evaluate")}
    machine = built(form({"functions": functions}))
    assert machine["StartAt"] == "Prepare"
    chain = {name: state.get("Next") for name, state in machine["States"].items()}
    assert chain == {"Prepare": "Train", "Train": "Evaluate", "Evaluate": None}
    assert machine["States"]["Evaluate"]["Parameters"] == {
        "FunctionName": functions["after"], "Payload.$": "$",
    }  # fmt: skip


def test_it_tries_again_as_often_as_the_form_says() -> None:
    wanted = {"throttled": 3, "no_capacity": 10, "no_capacity_seconds": 60, "failed": 2}
    retries = built(form({"again": wanted}))["States"]["Train"]["Retry"]
    assert [(each["ErrorEquals"], each["MaxAttempts"]) for each in retries] == [
        (["SageMaker.AmazonSageMakerException"], 3),
        (["SageMaker.ResourceLimitExceededException"], 10),
        (["States.TaskFailed"], 2),
    ]
    assert retries[1]["IntervalSeconds"] == 60
    assert len(built(form())["States"]["Train"]["Retry"]) == 2, "a failed job fails the run"


def test_references_become_intrinsic_functions() -> None:
    settings = form(
        {"functions": {"before": FUNCTION.format("prepare")}},
        inputs=[{"source": "s3://my-bucket/${Parameters.Folder}/"}],
        hyperparameters={"rows": "${Prepared.rows}", "seed": "1"},
    )
    task = built(settings | {"parameters": [{"name": "Folder"}]})["States"]["Train"]
    source = task["Parameters"]["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    assert source["S3Uri.$"] == "States.Format('s3://my-bucket/{}/', $.Folder)"
    assert "S3Uri" not in source
    assert task["Parameters"]["HyperParameters"] == {
        "rows.$": "States.Format('{}', $.prepared.Payload.rows)", "seed": "1",
    }  # fmt: skip


def test_what_a_text_says_beside_a_reference_stays_what_it_is() -> None:
    text = "it's {odd} \\ ${Execution.Name}"
    assert expression(text) == "States.Format('it\\'s \\{odd\\} \\\\ {}', $$.Execution.Name)"


@pytest.mark.parametrize(
    "slug", ["a", "daily-training", "x" * 40, "a-very-long-name-of-a-pipeline"]
)
def test_no_job_name_is_too_long(slug: str) -> None:
    machine = built(form(), slug=slug)
    name = machine["States"]["Train"]["Parameters"]["TrainingJobName.$"]
    found = re.fullmatch(r"States\.Format\('([a-z0-9-]+)-\{\}-\{\}-\{\}', .*\)", name)
    assert found
    longest = f"{found[1]}-{'f' * 32}-1000-5100"
    assert len(longest) <= 63
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", longest)
    assert job_name(found[1]) == name


def test_placeholders_of_a_pasted_machine_are_filled_and_others_left() -> None:
    job = train(Comment="${HOME} of ${Pipeline} in ${Region} of ${Account}")
    task = built(pasted(states("Train", Train=job)))["States"]["Train"]
    assert task["Parameters"]["RoleArn"].endswith(":role/skyclock-daily-training-jobs")
    assert task["Comment"] == "${HOME} of daily-training in eu-west-1 of 111122223333"
    assert "States.Format('sky" in task["Parameters"]["TrainingJobName.$"]


# ── Input ───────────────────────────────────────────────────────────────────────────

STARTS = {
    "key_parameter": "Key",
    "event_parameters": [{"parameter": "Key", "path": "$.detail.key"}],
}
GIVEN = form() | {
    "parameters": [{"name": "Key", "default": '<aws.none> "x"'}, {"name": "B", "default": "b"}],
    "starts": STARTS,
}
SETTINGS = Settings.model_validate(GIVEN)


def test_a_schedule_gives_defaults_its_key_and_the_time() -> None:
    text = by_schedule("t1", SETTINGS)
    assert text.count("<") == 1, "nothing but the time is Scheduler's to replace"
    given = read(text.replace("<aws.scheduler.scheduled-time>", "2027-03-01T06:00:00Z"))
    assert given.parameters == {"Key": '<aws.none> "x"', "B": "b"}
    assert (given.trigger, given.cause) == ("t1", "")
    assert given.fired and given.fired.isoformat() == "2027-03-01T06:00:00+00:00"


def test_an_event_gives_what_its_paths_lead_to() -> None:
    made = by_event(ready(), SETTINGS)
    assert made.paths == {
        "id": "$.id", "type": "$.detail-type", "time": "$.time", "p0": "$.detail.key",
    }  # fmt: skip
    values = {
        "id": "5f8c7a1e-0000", "type": "dataset.ready", "time": "2027-03-01T06:00:00Z", "p0": "k",
    }  # fmt: skip
    given = read(filled(made.template, values))
    assert given.parameters == {"Key": "k", "B": "b"}
    assert (given.trigger, given.cause) == ("t4", "dataset.ready 5f8c7a1e")


def test_an_object_gives_its_key_and_is_the_cause() -> None:
    made = by_event(landing(), SETTINGS)
    values = {name: f"<{name}>" for name in made.paths} | {"object": "data/x.csv", "p0": "k"}
    given = read(filled(made.template, values))
    assert (given.trigger, given.cause) == ("t3", "data/x.csv")
    assert given.parameters["Key"] == "k"


def filled(template: str, values: dict[str, str]) -> str:
    """As EventBridge does."""
    return re.sub(r"<(\w+)>", lambda match: json.dumps(values[match[1]]), template)


def test_a_run_by_hand_is_no_triggers() -> None:
    assert read(by_hand({"Key": "k"})).trigger == "manual"
    assert read("{}").trigger == read("[1]").trigger == read("?").trigger == "manual"
    scheduled = by_schedule("t1", SETTINGS)
    repeated = read(again(scheduled, "first"))
    assert (repeated.trigger, repeated.parameters) == ("manual", read(scheduled).parameters)
    assert again("[1]", "first") == "[1]"

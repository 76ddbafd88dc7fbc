"""What the settings of a state machine take, and what is said of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.blueprints.aws_stepfunctions_training.blueprint import BLUEPRINT
from provisioning.contracts import ScheduleSpec
from provisioning.errors import InvalidInput
from tests.provisioning.blueprints.machines import (
    DATA,
    at,
    daily,
    form,
    pasted,
    problems,
    ready,
    spec,
    states,
    train,
)

AT = "machine.training"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:prepare"


def parameter(name: str = "Folder", **more: Any) -> dict[str, Any]:
    return {"parameters": [{"name": name, **more}]}


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        (form(inputs=[]), f"{AT}.inputs", "At least 1."),
        (form(image="mine:1"), f"{AT}.image", "Write the address of an ECR image"),
        (form(output="my-bucket"), f"{AT}.output", "Write an S3 address"),
        (form(inputs=[{"source": "${Parameters.No}"}]), f"{AT}.inputs.0.source",
         "There is no parameter 'No'."),
        (form(hyperparameters={"a": "${Execution.Nothing}"}), f"{AT}.hyperparameters.a",
         "A run has no 'Nothing'. It has: Name, Id, StartTime."),
        (form(hyperparameters={"a": "${Prepared.path}"}), f"{AT}.hyperparameters.a",
         "No function prepares the data: there is nothing that it answered."),
        (form({"functions": {"before": FUNCTION}}, hyperparameters={"a": "${Prepared.a b}"}),
         f"{AT}.hyperparameters.a", "Write names with dots between them: ${Prepared.data.path}."),
        (form(hyperparameters={"a.$": "$.x"}), f"{AT}.hyperparameters.a.$",
         "Step Functions would read this name as an expression"),
        (form(inputs=[{"source": DATA}, {"source": DATA}]), f"{AT}.inputs.1.channel",
         "There is already a channel 'train'."),
        (form({"longest_seconds": 60}), "machine.longest_seconds",
         "The run would end before its job may: give it longer."),
        (form({"functions": {"after": "prepare"}}), "machine.functions.after",
         "Write the ARN of a Lambda function"),
        (form() | parameter("training"), "parameters.0.name",
         "The run itself keeps something under 'training'."),
        (form() | parameter("skyclock"), "parameters.0.name",
         "The run itself keeps something under 'skyclock'."),
        (form() | parameter("my-folder"), "parameters.0.name", "Use letters, digits and _"),
        (form() | {"parameters": [{"name": "A"}, {"name": "A"}]}, "parameters.1.name",
         "There is already a parameter 'A'."),
        (form() | {"starts": {"key_parameter": "Key"}}, "starts.key_parameter",
         "There is no parameter 'Key'."),
        (form() | {"on_failure": f"{FUNCTION}:prod"}, "on_failure",
         "Name the function itself, without a version or an alias."),
        ({"machine": {"kind": "lambda"}}, "machine.kind", "There is no kind 'lambda'."),
        ({}, "machine", "This is required."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(
    settings: dict[str, Any], field: str, message: str
) -> None:
    found = problems(settings)
    assert list(found) == [field]
    assert found[field].startswith(message)


def test_references_may_stand_in_data_output_and_hyperparameters() -> None:
    settings = form(
        {"functions": {"before": FUNCTION}},
        inputs=[{"source": "s3://my-bucket/${Parameters.Folder}/"}],
        output="s3://my-bucket/${Execution.Name}/",
        hyperparameters={"a": "${Prepared.rows}", "shell": "${HOME}"},
    )
    assert problems(settings | parameter(default="x")) == {}


def test_what_a_form_keeps_for_itself_a_pasted_machine_may_use() -> None:
    assert problems(pasted(states("Train", Train=train())) | parameter("training")) == {}


def test_triggers_need_defaults_for_what_they_do_not_give() -> None:
    starts = {"event_parameters": [{"parameter": "Folder", "path": "$.detail.folder"}]}
    settings = form() | parameter() | {"starts": starts}
    now = at("2026-11-21T06:00:00+00:00")
    BLUEPRINT.prepare(spec(settings, triggers=(ready(),)), now)
    with pytest.raises(InvalidInput) as caught:
        BLUEPRINT.prepare(spec(settings, triggers=(ready(), daily())), now)
    (problem,) = caught.value.problems
    assert problem.field == "settings.parameters.0.default"
    assert problem.message.startswith("Parameter 'Folder' needs a default: scheduled runs")


def test_a_schedule_is_written_as_scheduler_writes_it() -> None:
    prepared = BLUEPRINT.prepare(spec(triggers=(daily(),)), at("2026-11-21T06:00:00+00:00"))
    assert prepared.natives == {"t1": ("cron(0 6 * * ? *) Europe/Berlin",)}
    shown = BLUEPRINT.native_schedule(ScheduleSpec(key="x", cron="0 6 * * *", timezone="UTC"))
    assert shown.expressions == ("cron(0 6 * * ? *)",)


def test_an_event_is_matched_as_eventbridge_does() -> None:
    prepared = BLUEPRINT.prepare(spec(triggers=(ready(),)), at("2026-11-21T06:00:00+00:00"))
    assert prepared.natives == {
        "t4": ('{"source":["example.data"],"detail-type":["dataset.ready"]}',)
    }

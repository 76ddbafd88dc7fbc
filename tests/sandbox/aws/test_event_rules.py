"""Buses and rules: what comes to a bus reaches the targets of the rules it matches."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.sandbox.faults import Fault
from tests.sandbox.aws.buses import (
    SOURCE,
    add_target,
    bus_arn,
    make_printer,
    make_queue,
    make_rule,
    printed,
    put,
    queue_arn,
    received,
    rule_arn,
)
from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    REGION,
    SandboxAws,
    allow,
    document,
    make_role,
)
from tests.sandbox.aws.definitions import definition, fail_step
from tests.sandbox.aws.functions import eventually, invoke, make_function
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox


def numbers(found: list[Any]) -> list[int]:
    return [event["detail"]["n"] for event in found]


def looks(aws: SandboxAws) -> list[tuple[str, str]]:
    return [(each.outcome, each.reason) for each in aws.world.journal.entries()]


def test_an_event_reaches_the_function_of_a_rule(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", bus="orders")
    add_target(aws, "r", make_printer(aws, rule=rule), bus="orders")

    (id,) = put(aws, 7, bus="orders", Resources=["arn:x"])

    (event,) = printed(aws, 1)
    assert event == {
        "version": "0", "id": id, "detail-type": "made", "source": SOURCE, "account": ACCOUNT,
        "time": "2027-03-01T12:00:00Z", "region": REGION, "resources": ["arn:x"],
        "detail": {"n": 7},
    }  # fmt: skip
    assert looks(aws) == [("delivered", "")]


def test_the_order_of_a_bus_is_kept(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", bus="orders")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"), bus="orders")

    put(aws, *range(10), bus="orders")
    put(aws, *range(10, 20), bus="orders")

    assert numbers(received(aws, url)) == list(range(20))


def test_only_what_matches_is_delivered_and_the_rest_is_noted(aws: SandboxAws) -> None:
    pattern = {"source": [SOURCE], "detail": {"n": [{"numeric": [">", 1]}]}}
    rule = make_rule(aws, "r", pattern, bus="orders")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"), bus="orders")

    put(aws, 1, 2, bus="orders")
    put(aws, 3)  # on the default bus

    assert numbers(received(aws, url)) == [2]
    assert looks(aws) == [
        ("ignored", "The pattern does not match: detail.n."), ("delivered", ""),
    ]  # fmt: skip


def test_a_disabled_rule_delivers_nothing(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", State="DISABLED")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    events = aws.client("events")

    put(aws, 1)
    events.enable_rule(Name="r")
    put(aws, 2)
    events.disable_rule(Name="r")
    put(aws, 3)

    assert numbers(received(aws, url)) == [2]
    assert looks(aws)[0] == ("ignored", "The rule is disabled.")


def test_the_functions_own_policy_has_to_name_the_rule(aws: SandboxAws) -> None:
    make_rule(aws, "r")
    add_target(aws, "r", make_printer(aws, rule=rule_arn("another")))

    put(aws, 1)

    ((outcome, reason),) = looks(aws)
    assert outcome == "refused"
    assert "does not let events.amazonaws.com invoke it" in reason


def test_what_is_refused_goes_to_the_dead_letters(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r")
    url = make_queue(aws, "dead", rule=rule)
    add_target(aws, "r", queue_arn("nowhere"), DeadLetterConfig={"Arn": queue_arn("dead")})

    (id,) = put(aws, 1)

    message = aws.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])
    (letter,) = message["Messages"]
    assert json.loads(letter["Body"])["id"] == id
    attributes = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert attributes["RULE_ARN"] == rule
    assert attributes["TARGET_ARN"] == queue_arn("nowhere")
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"


def test_a_target_that_is_throttled_is_tried_again(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    fault = {"kind": "throttle", "cloud": "aws", "match": "SendMessage", "count": 2}
    with aws.world.lock:
        aws.world.faults.table.put(Fault.model_validate(fault))

    put(aws, 1)
    aws.restart()  # what waits is kept
    aws.advance("PT1M")

    assert numbers(received(aws, url)) == [1]
    assert [outcome for outcome, _ in looks(aws)] == ["refused", "delivered"]


def test_a_firing_can_be_dropped_and_delayed(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    with aws.world.lock:
        for kind, seconds in (("drop_firing", 0), ("delay", 30)):
            fault = Fault(kind=kind, cloud="aws", match="r", count=1, seconds=seconds)  # type: ignore[arg-type]
            aws.world.faults.table.put(fault)

    put(aws, 1)
    put(aws, 2)
    assert received(aws, url) == []
    aws.advance("PT31S")

    assert numbers(received(aws, url)) == [2]
    assert [outcome for outcome, _ in looks(aws)] == ["dropped", "delivered"]


# ── What a target is given ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("target", "given"),
    [
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail"}, {"n": 7}),
        ({"InputPath": "$.detail.n"}, 7),
        ({"InputTransformer": {
            "InputPathsMap": {"n": "$.detail.n", "from": "$.source", "all": "$.detail"},
            "InputTemplate": '{"number": <n>, "from": <from>, "text": "<from> \\"<n>\\"", '
            '"all": <all>, "rule": <aws.events.rule-arn>}',
        }}, {"number": 7, "from": SOURCE, "text": f'{SOURCE} "7"', "all": {"n": 7},
             "rule": rule_arn("r")}),
        ({"InputTransformer": {"InputPathsMap": {"n": "$.detail.n"},
                               "InputTemplate": '"Order <n> was made"'}}, "Order 7 was made"),
    ],
)  # fmt: skip
def test_a_target_is_given_what_it_asks_for(
    aws: SandboxAws, target: dict[str, Any], given: Any
) -> None:
    rule = make_rule(aws, "r")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"), **target)

    put(aws, 7)

    assert received(aws, url) == [given]


def test_a_pipeline_is_started_with_values_of_the_event(aws: SandboxAws) -> None:
    pipeline = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/churn"
    own = make_role(aws, "runs", "sagemaker.amazonaws.com")
    parameters = [{"Name": "Input", "Type": "String", "DefaultValue": "none"}]
    aws.client("sagemaker").create_pipeline(
        PipelineName="Churn", RoleArn=own, ClientRequestToken="c" * 32,
        PipelineDefinition=json.dumps(definition(fail_step("Only"), parameters=parameters)),
    )  # fmt: skip
    role = make_role(
        aws, "fires", "events.amazonaws.com",
        allow("sagemaker:StartPipelineExecution", resource=pipeline),
    )  # fmt: skip
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    make_rule(
        aws, "r",
        {"source": ["aws.s3"], "detail-type": ["Object Created"],
         "detail": {"bucket": {"name": [BUCKET]}, "object": {"key": [{"prefix": "data/"}]}}},
    )  # fmt: skip
    add_target(
        aws, "r", pipeline, RoleArn=role, SageMakerPipelineParameters={
            "PipelineParameterList": [{"Name": "Input", "Value": "$.detail.object.key"}]
        },
    )  # fmt: skip

    aws.client("s3").put_object(Bucket=BUCKET, Key="data/x y.csv", Body=b"1")
    aws.client("s3").put_object(Bucket=BUCKET, Key="other/x.csv", Body=b"1")

    sagemaker = aws.client("sagemaker")
    (run,) = sagemaker.list_pipeline_executions(PipelineName="Churn")["PipelineExecutionSummaries"]
    arn = run["PipelineExecutionArn"]
    found = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    assert found["PipelineParameters"] == [{"Name": "Input", "Value": "data/x y.csv"}]
    by = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["CreatedBy"]
    assert by["IamIdentity"]["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/fires/")


def test_a_log_group_needs_a_policy_of_the_account(aws: SandboxAws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/aws/events/all")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/events/all"
    make_rule(aws, "r")
    add_target(aws, "r", group)
    put(aws, 1)
    policy = {
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{group}:*",
    }
    logs.put_resource_policy(policyName="events", policyDocument=document(policy))
    put(aws, 2)

    found = logs.filter_log_events(logGroupName="/aws/events/all")["events"]
    assert [json.loads(each["message"])["detail"]["n"] for each in found] == [2]
    assert [outcome for outcome, _ in looks(aws)] == ["refused", "delivered"]


def test_a_bus_hands_on_to_another(aws: SandboxAws) -> None:
    rule = make_rule(aws, "last", bus="second")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "last", queue_arn("q"), bus="second")
    role = make_role(
        aws, "hands", "events.amazonaws.com",
        allow("events:PutEvents", resource=bus_arn("second")),
    )  # fmt: skip
    make_rule(aws, "first")
    add_target(aws, "first", bus_arn("second"), RoleArn=role)

    (id,) = put(aws, 1)

    assert [event["id"] for event in received(aws, url)] == [id]


# ── Schedules and what services say ─────────────────────────────────────────────────


def test_a_rule_fires_by_its_schedule_in_utc(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", ScheduleExpression="cron(30 6,18 * * ? *)")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    aws.restart()

    aws.advance("P1D")

    found = received(aws, url)
    assert [event["time"] for event in found] == ["2027-03-01T18:30:00Z", "2027-03-02T06:30:00Z"]
    assert found[0]["source"] == "aws.events"
    assert found[0]["detail-type"] == "Scheduled Event"
    assert found[0]["resources"] == [rule]


def test_a_rate_counts_from_the_rules_beginning(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", ScheduleExpression="rate(20 minutes)")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))

    aws.advance("PT1H")

    times = [event["time"][11:16] for event in received(aws, url)]
    assert times == ["12:20", "12:40", "13:00"]


def test_other_events_do_not_meet_a_rule_with_a_schedule(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", ScheduleExpression="rate(1 day)")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))

    put(aws, 1)

    assert received(aws, url) == []


def test_sagemaker_tells_of_its_jobs_and_pipelines(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", {"source": ["aws.sagemaker"]})
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    role = make_role(aws, "trains", "sagemaker.amazonaws.com", allow("s3:*"))
    sagemaker = aws.client("sagemaker")
    sagemaker.create_training_job(
        TrainingJobName="Job-1", RoleArn=role, Tags=[{"Key": "a", "Value": "b"}],
        AlgorithmSpecification={"TrainingImage": "i", "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )  # fmt: skip
    sagemaker.create_pipeline(
        PipelineName="Churn", RoleArn=role, ClientRequestToken="c" * 32,
        PipelineDefinition=json.dumps(definition(fail_step("Only"))),
    )  # fmt: skip
    sagemaker.start_pipeline_execution(PipelineName="Churn")
    aws.advance("PT1M")

    events = received(aws, url)
    job = [each for each in events if each["detail-type"] == "SageMaker Training Job State Change"]
    details = [each["detail"] for each in job]
    assert [each["SecondaryStatus"] for each in details] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    assert details[-1]["TrainingJobName"] == "Job-1"
    assert details[-1]["TrainingJobStatus"] == "Completed"
    assert details[-1]["Tags"] == {"a": "b"}
    assert details[-1]["TrainingEndTime"] > 1_800_000_000_000
    assert job[0]["resources"] == [f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/job-1"]
    kind = "SageMaker Model Building Pipeline Execution Status Change"
    whole = [each["detail"] for each in events if each["detail-type"] == kind]
    assert [each["currentPipelineExecutionStatus"] for each in whole] == ["Executing", "Failed"]
    assert whole[1]["previousPipelineExecutionStatus"] == "Executing"
    kind = "SageMaker Model Building Pipeline Execution Step Status Change"
    steps = [each["detail"] for each in events if each["detail-type"] == kind]
    assert [(each["stepName"], each["currentStepStatus"]) for each in steps] == [
        ("Only", "Executing"), ("Only", "Failed"),
    ]  # fmt: skip


# ── The operations ──────────────────────────────────────────────────────────────────


def test_buses_and_rules_are_described_listed_and_kept(aws: SandboxAws) -> None:
    events = aws.client("events")
    made = events.create_event_bus(Name="orders", Tags=[{"Key": "a", "Value": "b"}])
    make_rule(aws, "r", bus="orders", Description="all of them")
    add_target(aws, "r", queue_arn("q"), bus="orders", Input="1")
    aws.restart()
    events = aws.client("events")

    assert made["EventBusArn"] == bus_arn("orders")
    names = [each["Name"] for each in events.list_event_buses()["EventBuses"]]
    assert names == ["default", "orders"]
    found = events.describe_rule(Name="r", EventBusName="orders")
    assert found["Arn"] == rule_arn("r", "orders")
    assert (found["State"], found["Description"]) == ("ENABLED", "all of them")
    assert json.loads(found["EventPattern"]) == {"source": [SOURCE]}
    (target,) = events.list_targets_by_rule(Rule="r", EventBusName=bus_arn("orders"))["Targets"]
    assert target == {"Id": "t1", "Arn": queue_arn("q"), "Input": "1"}
    assert events.list_rule_names_by_target(
        TargetArn=queue_arn("q"), EventBusName="orders"
    )["RuleNames"] == ["r"]  # fmt: skip
    assert events.list_tags_for_resource(ResourceARN=bus_arn("orders"))["Tags"] == [
        {"Key": "a", "Value": "b"}
    ]


def test_things_go_in_the_order_that_aws_wants(aws: SandboxAws) -> None:
    events = aws.client("events")
    make_rule(aws, "r", bus="orders")
    add_target(aws, "r", queue_arn("q"), bus="orders")
    there = {"EventBusName": "orders"}
    assert error(events.delete_event_bus, Name="orders")[0] == "ValidationException"
    assert error(events.delete_rule, Name="r", **there) == (
        "ValidationException", "Rule can't be deleted since it has targets.",
    )  # fmt: skip
    events.remove_targets(Rule="r", Ids=["t1"], **there)
    events.delete_rule(Name="r", **there)
    events.delete_event_bus(Name="orders")

    assert error(events.describe_event_bus, Name="orders") == (
        "ResourceNotFoundException", "Event bus orders does not exist.",
    )  # fmt: skip
    assert error(events.delete_event_bus, Name="default") == (
        "ValidationException", "Cannot delete event bus default.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "code", "message"),
    [
        ({}, "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be"),
        ({"EventPattern": '{"a": "b"}'}, "InvalidEventPatternException", "Event pattern is not"),
        ({"ScheduleExpression": "rate(1 minutes)"}, "ValidationException",
         "Parameter ScheduleExpression is not valid."),
        ({"ScheduleExpression": "at(2027-01-01T00:00:00)"}, "ValidationException",
         "Parameter ScheduleExpression is not valid."),
        ({"ScheduleExpression": "rate(1 day)", "EventBusName": "orders"}, "ValidationException",
         "ScheduleExpression is supported only on the default event bus."),
        ({"EventPattern": '{"a": ["b"]}', "EventBusName": "nowhere"},
         "ResourceNotFoundException", "Event bus nowhere does not exist."),
    ],
)  # fmt: skip
def test_a_rule_that_aws_refuses_is_refused(
    aws: SandboxAws, rule: dict[str, Any], code: str, message: str
) -> None:
    aws.client("events").create_event_bus(Name="orders")

    refused = error(aws.client("events").put_rule, Name="r", **rule)

    assert refused[0] == code
    assert refused[1].startswith(message)


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ({"Arn": "nonsense-arn"}, "ValidationException", "Parameter Arn is not valid."),
        ({"Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c"}, "NotImplemented",
         "The sandbox does not simulate the target"),
        ({"Arn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/p"}, "ValidationException",
         "RoleArn is required for target"),
        ({"Arn": queue_arn("q"), "Input": "{"}, "ValidationException",
         "JSON syntax error in input for target t1"),
        ({"Arn": queue_arn("q"), "Input": "1", "InputPath": "$"}, "ValidationException",
         "Only one of Input, InputPath, or InputTransformer"),
    ],
)  # fmt: skip
def test_a_target_that_aws_refuses_is_refused(
    aws: SandboxAws, target: dict[str, Any], code: str, message: str
) -> None:
    make_rule(aws, "r")

    refused = error(aws.client("events").put_targets, Rule="r", Targets=[{"Id": "t1", **target}])
    assert refused[0] == code
    assert refused[1].startswith(message)


def test_entries_succeed_and_fail_each_for_itself(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    good = {"Source": SOURCE, "DetailType": "made", "Detail": '{"n": 1}'}

    answer = aws.client("events").put_events(
        Entries=[
            good,
            {"Source": SOURCE, "Detail": "{}"},
            {**good, "Detail": "{"},
            {**good, "Source": "aws.s3"},
            {**good, "EventBusName": "nowhere"},
            {**good, "Time": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)},
        ]
    )

    assert answer["FailedEntryCount"] == 3
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        None, "InvalidArgument", "MalformedDetail", "NotAuthorizedForSourceException", None, None,
    ]  # fmt: skip
    times = [event["time"] for event in received(aws, url)]
    assert times == ["2027-03-01T12:00:00Z", "2026-01-02T03:04:05Z"]
    assert ("refused", "Event bus nowhere does not exist.") in looks(aws)


def test_a_pattern_can_be_tried(aws: SandboxAws) -> None:
    event = {"id": "1", "account": ACCOUNT, "source": SOURCE, "time": "2027-03-01T12:00:00Z",
             "region": REGION, "resources": [], "detail-type": "made"}  # fmt: skip
    test = aws.client("events").test_event_pattern

    assert test(EventPattern='{"source": ["my.app"]}', Event=json.dumps(event))["Result"] is True
    assert test(EventPattern='{"source": ["other"]}', Event=json.dumps(event))["Result"] is False
    assert error(test, EventPattern='{"source": ["x"]}', Event="{}")[0] == "ValidationException"


def test_a_bus_hears_what_became_of_an_invocation(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", {"source": ["lambda"]}, bus="orders")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"), bus="orders")
    arn = make_function(
        aws, "fails", "def main(event, context): raise RuntimeError('not today')",
        allow("events:PutEvents", resource=bus_arn("orders")),
    )  # fmt: skip
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName="fails", MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": bus_arn("orders")}},
    )  # fmt: skip

    invoke(aws, "fails", {"n": 1}, InvocationType="Event")

    (event,) = eventually(lambda: received(aws, url))
    assert event["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert event["resources"] == [bus_arn("orders"), f"{arn}:$LATEST"]
    assert event["detail"]["responsePayload"]["errorMessage"] == "not today"

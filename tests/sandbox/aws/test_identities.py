"""IAM users with keys of their own: who they are, and what their policies let them do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    REGION,
    SandboxAws,
    allow,
    document,
)
from tests.sandbox.aws.test_signatures import refusal

pytestmark = pytest.mark.sandbox

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"


def make_user(aws: SandboxAws, name: str, *statements: dict[str, Any]) -> dict[str, Any]:
    """A user with these permissions; its key."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
    key: dict[str, Any] = iam.create_access_key(UserName=name)["AccessKey"]
    return key


def test_a_user_without_policies_may_only_ask_who_it_is(aws: SandboxAws) -> None:
    key = make_user(aws, "ann")
    assert aws.client_of("sts", key).get_caller_identity()["Arn"] == ANN
    assert aws.client_of("sts", key).get_session_token()["Credentials"]
    code, message, status = refusal(aws.client_of("sagemaker", key).list_training_jobs)
    assert (code, status) == ("AccessDeniedException", 400)
    assert message == (
        f"User: {ANN} is not authorized to perform: sagemaker:ListTrainingJobs on resource: * "
        "because no identity-based policy allows the sagemaker:ListTrainingJobs action"
    )
    refused = refusal(aws.client_of("iam", key).get_role, RoleName="none")
    assert refused[0] == "AccessDenied" and "role/none because" in refused[1]
    assert refusal(aws.client_of("s3", key).list_buckets)[0] == "AccessDenied"
    assert refusal(aws.client_of("sqs", key).list_queues)[::2] == ("AccessDenied", 403)
    assert refusal(aws.client_of("lambda", key).list_functions)[::2] == (
        "AccessDeniedException", 403,
    )  # fmt: skip


def test_inline_attached_and_groups_policies_count(aws: SandboxAws) -> None:
    iam = aws.client("iam")
    key = make_user(aws, "ann", allow("sqs:ListQueues"))
    aws.client_of("sqs", key).list_queues()

    policy = iam.create_policy(
        PolicyName="more", PolicyDocument=document(allow("states:ListStateMachines"))
    )["Policy"]["Arn"]
    machines = aws.client_of("stepfunctions", key)
    assert refusal(machines.list_state_machines)[0] == "AccessDeniedException"
    iam.attach_user_policy(UserName="ann", PolicyArn=policy)
    machines.list_state_machines()

    iam.create_group(GroupName="team")
    iam.put_group_policy(
        GroupName="team", PolicyName="p", PolicyDocument=document(allow("events:ListRules"))
    )
    iam.attach_group_policy(GroupName="team", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.add_user_to_group(GroupName="team", UserName="ann")
    aws.client_of("events", key).list_rules()
    aws.client_of("iam", key).list_roles()
    aws.restart()
    aws.client_of("events", key).list_rules()
    aws.client_of("stepfunctions", key).list_state_machines()


def test_a_key_that_is_switched_off_is_unknown(aws: SandboxAws) -> None:
    iam, key = aws.client("iam"), make_user(aws, "ann")
    for status, works in (("Inactive", False), ("Active", True)):
        iam.update_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"], Status=status)
        aws.restart()
        iam = aws.client("iam")
        if works:
            aws.client_of("sts", key).get_caller_identity()
        else:
            refused = refusal(aws.client_of("sts", key).get_caller_identity)
            assert refused[::2] == ("InvalidClientTokenId", 403)
            assert refusal(aws.client_of("s3", key).list_buckets)[0] == "InvalidAccessKeyId"
    iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    code = refusal(aws.client_of("sagemaker", key).list_models)[0]
    assert code == "UnrecognizedClientException"


def test_denies_and_boundaries_are_told_apart(aws: SandboxAws) -> None:
    iam = aws.client("iam")
    deny = {"Effect": "Deny", "Action": "sqs:ListQueues", "Resource": "*"}
    key = make_user(aws, "ann", allow("*"), deny)
    assert refusal(aws.client_of("sqs", key).list_queues)[1].endswith(
        "with an explicit deny in an identity-based policy"
    )
    boundary = iam.create_policy(
        PolicyName="edge", PolicyDocument=document(allow("events:*"))
    )["Policy"]["Arn"]  # fmt: skip
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=boundary)
    aws.restart()
    aws.client_of("events", key).list_rules()
    assert refusal(aws.client_of("sagemaker", key).list_models)[1].endswith(
        "because no permissions boundary allows the sagemaker:ListModels action"
    )
    aws.client("iam").delete_user_permissions_boundary(UserName="ann")
    aws.client_of("sagemaker", key).list_models()


def test_a_users_own_name_can_stand_in_its_policy(aws: SandboxAws) -> None:
    own = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
    key = make_user(aws, "ann", allow("iam:*AccessKey*", "iam:GetUser", resource=own))
    make_user(aws, "bob")
    iam = aws.client_of("iam", key)
    assert iam.get_user()["User"]["UserName"] == "ann"
    assert iam.list_access_keys(UserName="ann")["AccessKeyMetadata"]
    assert refusal(iam.list_access_keys, UserName="bob")[0] == "AccessDenied"
    assert refusal(iam.create_access_key, UserName="bob")[0] == "AccessDenied"


def test_iam_is_limited_by_resource_and_to_whom_a_role_is_passed(aws: SandboxAws) -> None:
    roles = f"arn:aws:iam::{ACCOUNT}:role/skyclock-*"
    passing = allow(
        "iam:PassRole", resource=roles,
        Condition={"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}},
    )  # fmt: skip
    key = make_user(
        aws, "ann", allow("iam:CreateRole", "iam:GetRole", "iam:TagRole", resource=roles),
        passing, allow("states:*", "sagemaker:*"),
    )  # fmt: skip
    iam, trust = aws.client_of("iam", key), document(
        {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"},
         "Action": "sts:AssumeRole"}
    )  # fmt: skip
    tags = [{"Key": "a", "Value": "b"}]
    role = iam.create_role(RoleName="skyclock-m", AssumeRolePolicyDocument=trust, Tags=tags)["Role"]
    assert iam.get_role(RoleName="skyclock-m")["Role"]["Arn"] == role["Arn"]
    assert refusal(iam.create_role, RoleName="other", AssumeRolePolicyDocument=trust)[0] == (
        "AccessDenied"
    )
    assert refusal(iam.put_role_policy, RoleName="skyclock-m", PolicyName="p",
                   PolicyDocument=document(allow("*")))[0] == "AccessDenied"  # fmt: skip
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    aws.client_of("stepfunctions", key).create_state_machine(
        name="m", definition=definition, roleArn=role["Arn"]
    )
    code, message, _ = refusal(
        aws.client_of("sagemaker", key).create_model,
        ModelName="m", ExecutionRoleArn=role["Arn"], PrimaryContainer={"Image": "i"},
    )  # fmt: skip
    assert code == "AccessDeniedException" and "iam:PassRole on resource: " in message


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "action", "resource"),
    [
        ("sqs", "create_queue", {"QueueName": "q"}, "sqs:CreateQueue", "sqs:{}:q"),
        ("sqs", "receive_message",
         {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/q"},
         "sqs:ReceiveMessage", "sqs:{}:q"),
        ("sqs", "send_message_batch",
         {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/q",
          "Entries": [{"Id": "1", "MessageBody": "m"}]}, "sqs:SendMessage", "sqs:{}:q"),
        ("logs", "describe_log_streams", {"logGroupName": "g"}, "logs:DescribeLogStreams",
         "logs:{}:log-group:g:*"),
        ("logs", "describe_log_groups", {}, "logs:DescribeLogGroups",
         "logs:{}:log-group::log-stream:*"),
        ("scheduler", "list_schedules", {}, "scheduler:ListSchedules", "*"),
        ("scheduler", "get_schedule", {"Name": "s"}, "scheduler:GetSchedule",
         "scheduler:{}:schedule/default/s"),
        ("scheduler", "create_schedule_group", {"Name": "g"}, "scheduler:CreateScheduleGroup",
         "scheduler:{}:schedule-group/g"),
        ("events", "describe_rule", {"Name": "r", "EventBusName": "b"}, "events:DescribeRule",
         "events:{}:rule/b/r"),
        ("events", "list_archives", {}, "events:ListArchives", "*"),
        ("stepfunctions", "list_executions",
         {"stateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m"},
         "states:ListExecutions", "states:{}:stateMachine:m"),
        ("lambda", "get_policy", {"FunctionName": "f"}, "lambda:GetPolicy", "lambda:{}:function:f"),
        ("lambda", "invoke", {"FunctionName": "f"}, "lambda:InvokeFunction",
         "lambda:{}:function:f"),
        ("sagemaker", "list_pipeline_executions", {"PipelineName": "P"},
         "sagemaker:ListPipelineExecutions", "sagemaker:{}:pipeline/p"),
        ("sagemaker", "list_model_packages", {"ModelPackageGroupName": "g"},
         "sagemaker:ListModelPackages", "sagemaker:{}:model-package-group/g"),
        ("sagemaker", "describe_notebook_instance", {"NotebookInstanceName": "n"},
         "sagemaker:DescribeNotebookInstance", "sagemaker:{}:notebook-instance/n"),
        ("s3", "get_object_lock_configuration", {"Bucket": BUCKET},
         "s3:GetBucketObjectLockConfiguration", f"arn:aws:s3:::{BUCKET}"),
        ("s3", "get_bucket_cors", {"Bucket": BUCKET}, "s3:GetBucketCORS", f"arn:aws:s3:::{BUCKET}"),
        ("iam", "list_instance_profiles_for_role", {"RoleName": "r"},
         "iam:ListInstanceProfilesForRole", f"arn:aws:iam::{ACCOUNT}:role/r"),
        ("iam", "list_open_id_connect_providers", {}, "iam:ListOpenIDConnectProviders", "*"),
    ],
    ids=lambda each: each if isinstance(each, str) and "_" in each else "",
)  # fmt: skip
def test_an_operation_needs_its_action_on_its_resource(
    aws: SandboxAws, service: str, operation: str, arguments: Any, action: str, resource: str
) -> None:
    arn = resource.replace("{}", f"{REGION}:{ACCOUNT}")
    arn = arn if arn == "*" or arn.startswith("arn:") else f"arn:aws:{arn}"
    key = make_user(aws, "ann", allow(action, resource=arn))
    call = getattr(aws.client_of(service, key), operation)
    try:
        call(**arguments)
    except call.__self__.exceptions.ClientError as error:  # it may be about what is not there
        assert "AccessDenied" not in error.response["Error"]["Code"]
    elsewhere = "arn:aws:none:::else" if arn == "*" else f"{arn.rstrip('*')}-else"
    aws.client("iam").put_user_policy(
        UserName="ann", PolicyName="p", PolicyDocument=document(allow(action, resource=elsewhere))
    )
    code, message, _ = refusal(call, **arguments)
    assert code.startswith("AccessDenied") and f"perform: {action.split(':')[0]}:" in message

"""The form of a retraining on S3, what its program registers, and who may do what."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pulumi
import pytest

from provisioning.blueprints.aws_s3_retraining.blueprint import BLUEPRINT
from provisioning.blueprints.aws_s3_retraining.program import program
from provisioning.errors import InvalidInput
from tests.provisioning.blueprints.pipelines import ACCOUNT, REGION, daily, landing
from tests.provisioning.blueprints.registering import Registered, register
from tests.provisioning.blueprints.retrained import BUCKET, FUNCTION, LATE, ROOT, misfits, retrained

JOBS = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{ROOT}-*"


@pytest.fixture(scope="module")
def registered() -> Registered:
    return register(lambda: program(retrained()))


def statements(policy: str) -> dict[str, dict[str, Any]]:
    return {each["Sid"]: each for each in json.loads(policy)["Statement"]}


# ── The form ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("folder", ["data", "/data/", "", " /"])
def test_a_folder_ends_with_a_slash_and_begins_without(folder: str) -> None:
    found = misfits(BLUEPRINT.example() | {"data": {"default_folder": folder}})
    assert set(found) == {"data.default_folder"}


@pytest.mark.parametrize("folder", ["data/", "in/2026/", " data/ ", "d/"])
def test_folders_that_s3_can_have_are_taken(folder: str) -> None:
    assert misfits(BLUEPRINT.example() | {"data": {"default_folder": folder}}) == {}


def test_data_stay_unless_somebody_says_otherwise() -> None:
    bare = {"training": BLUEPRINT.example()["training"]}
    assert BLUEPRINT.validate(bare)["data_bucket"] == {"delete_objects": False}


def test_settings_that_lambda_cannot_take_are_refused_before() -> None:
    example = BLUEPRINT.example()
    long = {f"parameter_{number}": "x" * 200 for number in range(20)}
    example["training"]["hyperparameters"] = long
    with pytest.raises(InvalidInput) as caught:
        retrained(example)
    (problem,) = caught.value.problems
    assert problem.field == "settings.training.hyperparameters"
    assert "Lambda takes 4096" in problem.message


# ── What is registered ──────────────────────────────────────────────────────────────


def test_the_bucket_is_private_and_encrypted(registered: Registered) -> None:
    assert registered.inputs("data")["bucket"] == BUCKET
    closed = registered.inputs("data-closed")
    assert [closed[name] for name in closed if name != "bucket"] == [True] * 4
    (rule,) = registered.inputs("data-encrypted")["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"


def test_s3_tells_the_function_of_each_triggers_objects(registered: Registered) -> None:
    found = registered.inputs("notification")
    assert found["bucket"] == BUCKET
    rules = [
        (each["id"], each["filterPrefix"], each["filterSuffix"], each["lambdaFunctionArn"])
        for each in found["lambdaFunctions"]
    ]
    assert rules == [
        ("t1", "data/", ".csv", "arn:of:starter"),
        ("t2", "late/", ".json", "arn:of:starter"),
    ]
    assert {tuple(each["events"]) for each in found["lambdaFunctions"]} == {("s3:ObjectCreated:*",)}


def test_a_trigger_without_a_filter_takes_every_object() -> None:
    found = register(
        lambda: program(retrained(triggers=(landing("t1", prefix="", suffix=""),)))
    ).inputs("notification")["lambdaFunctions"]
    assert found == [
        {"id": "t1", "lambdaFunctionArn": "arn:of:starter", "events": ["s3:ObjectCreated:*"]}
    ]


def test_a_paused_trigger_stays_paused_when_it_is_deployed_again() -> None:
    paused = landing("t1", paused=True)
    found = register(lambda: program(retrained(triggers=(paused, LATE, daily("t3", paused=True)))))
    assert [each["id"] for each in found.inputs("notification")["lambdaFunctions"]] == ["t2"]
    assert found.inputs("t3")["state"] == "DISABLED"


def test_a_schedule_calls_the_function_and_names_the_time(registered: Registered) -> None:
    target = registered.inputs("t3")["target"]
    assert target["arn"].endswith(f":function:{FUNCTION}")
    told = json.loads(target["input"])["skyclock"]
    assert told == {
        "cause": "schedule/<aws.scheduler.execution-id>",
        "trigger": "t3",
        "at": "<aws.scheduler.scheduled-time>",
    }


def test_the_function_runs_the_products_code_with_the_settings(registered: Registered) -> None:
    found = registered.inputs("starter")
    assert (found["name"], found["handler"]) == (FUNCTION, "retraining.handler.handler")
    code = found["code"]
    assert isinstance(code, pulumi.FileArchive)
    body = Path(code.path).read_bytes()
    assert found["codeSha256"] == base64.b64encode(hashlib.sha256(body).digest()).decode()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert {Path(name).name for name in archive.namelist()} == {
            "__init__.py", "handler.py", "causes.py", "wording.py",
        }  # fmt: skip
    variables = found["environment"]["variables"]
    assert variables["DATA_BUCKET"] == BUCKET
    job = json.loads(variables["TRAINING_JOB"])
    assert job["HyperParameters"]["max_depth"] == "5"
    assert job["OutputDataConfig"] == {"S3OutputPath": f"s3://{BUCKET}/models/"}
    assert json.loads(variables["TAGS"])["skyclock:pipeline"] == "churn"


def test_the_code_is_the_same_wherever_it_is_packed(registered: Registered) -> None:
    again = register(lambda: program(retrained()))
    assert again.inputs("starter")["codeSha256"] == registered.inputs("starter")["codeSha256"]


def test_calls_that_fail_are_kept(registered: Registered) -> None:
    assert registered.inputs("starter")["deadLetterConfig"] == {"targetArn": "arn:of:dead-letters"}
    assert registered.inputs("starter-retries")["maximumRetryAttempts"] == 2
    assert registered.inputs("t3")["target"]["deadLetterConfig"] == {"arn": "arn:of:dead-letters"}


def test_all_is_what_the_providers_publish_and_marked_as_the_pipelines(
    registered: Registered,
) -> None:
    assert registered.unpublished() == []
    for name in ("data", "starter", "starter-role", "execution-role", "dead-letters"):
        assert registered.inputs(name)["tags"]["skyclock:pipeline"] == "churn", name


# ── Who may do what ─────────────────────────────────────────────────────────────────


def test_the_function_may_only_what_it_does(registered: Registered) -> None:
    found = statements(registered.inputs("starter-policy")["policy"])
    assert set(found) == {"StartJobs", "PassRolesToJobs", "WriteItsLog", "KeepFailedCalls"}
    assert found["StartJobs"]["Action"] == ["sagemaker:CreateTrainingJob", "sagemaker:AddTags"]
    assert found["StartJobs"]["Resource"] == [JOBS]
    assert found["WriteItsLog"]["Resource"] == [
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{FUNCTION}:*"
    ]
    assert found["KeepFailedCalls"]["Resource"] == ["arn:of:dead-letters"]


def test_it_hands_the_jobs_role_to_sagemaker_and_nobody_else(registered: Registered) -> None:
    passed = statements(registered.inputs("starter-policy")["policy"])["PassRolesToJobs"]
    assert passed["Resource"] == [f"arn:aws:iam::{ACCOUNT}:role/{ROOT}-execution"]
    assert passed["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }


def test_jobs_read_the_bucket_and_write_models_only(registered: Registered) -> None:
    policy = json.loads(registered.inputs("execution-policy")["policy"])["Statement"]

    def resources(action: str) -> set[str]:
        return {
            resource
            for statement in policy
            if action in statement["Action"]
            for resource in statement["Resource"]
        }

    assert resources("s3:PutObject") == {f"arn:aws:s3:::{BUCKET}/models/*"}
    assert resources("s3:GetObject") == {f"arn:aws:s3:::{BUCKET}/*"}


def test_only_the_pipelines_bucket_of_this_account_may_call_the_function(
    registered: Registered,
) -> None:
    found = registered.inputs("starter-permission")
    assert (found["principal"], found["sourceArn"], found["sourceAccount"]) == (
        "s3.amazonaws.com",
        "arn:of:data",
        ACCOUNT,
    )

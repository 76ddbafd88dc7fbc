"""Trainings asked for by people, stopped and repeated; and what a destroy needs."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.response import StreamingBody

from provisioning.blueprints.aws_s3_retraining.assets.retraining.wording import digest
from provisioning.blueprints.aws_s3_retraining.blueprint import BLUEPRINT
from provisioning.contracts import EventSample, ObjectSample, Operation
from provisioning.errors import (
    CloudError,
    InvalidInput,
    NotPossible,
    PermissionDenied,
)
from tests.provisioning.blueprints.answering import ANY, AnsweringSession
from tests.provisioning.blueprints.retrained import BUCKET, FUNCTION, job_arn, job_of, retrained
from tests.provisioning.blueprints.test_s3_retraining_history import (
    ARN,
    JOB,
    KEY,
    asked,
    described,
    listing,
    logging,
    refused,
    summary,
    without_job,
)

SPEC = retrained()
KEPT = retrained({"training": BLUEPRINT.example()["training"]})


class Function(AnsweringSession):
    """Answers calls of the function as it does, and keeps what it was called with."""

    def __init__(self) -> None:
        super().__init__()
        self.called: list[dict[str, Any]] = []
        events = self.client("lambda").meta.events
        events.register("before-parameter-build.lambda.Invoke", self._keep)

    def says(self, answer: dict[str, Any], **more: Any) -> Function:
        body = json.dumps(answer).encode()
        said = {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **more}
        self.answers("lambda", "invoke", said, FunctionName=FUNCTION, Payload=ANY)
        return self

    def _keep(self, params: dict[str, Any], **_: Any) -> None:
        self.called.append(json.loads(params["Payload"])["skyclock"])


def controls(session: AnsweringSession, spec: Any = SPEC) -> Any:
    return BLUEPRINT.controls(session, spec)


def job_for(token: str) -> str:
    """What the function calls the job: it is told the token's digest."""
    return job_of(f"token-{digest(token)}")


# ── Run now ─────────────────────────────────────────────────────────────────────────


def test_run_now_asks_for_the_object() -> None:
    (known,) = controls(AnsweringSession()).parameters()
    assert (known.name, known.kind, known.default) == ("object", "string", "data/")


def test_a_run_is_named_by_its_token_and_trains_on_what_was_named() -> None:
    job = job_for("one")
    session = Function().says({"started": [job], "refused": []})
    assert controls(session).start({"object": KEY}, token="one") == job_arn(job)
    (called,) = session.called
    assert called["key"] == KEY
    assert "trigger" not in called, "it is a person's"
    assert job_for("two") != job


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "data/"),
        ({"object": ""}, "data/"),
        ({"object": f"s3://{BUCKET}/data/x.csv"}, "data/x.csv"),
        ({"object": "/data/x.csv"}, "data/x.csv"),
    ],
)
def test_addresses_are_taken_as_keys(given: dict[str, str], key: str) -> None:
    session = Function().says({"started": [job_for("t")]})
    controls(session).start(given, token="t")
    assert session.called[0]["key"] == key


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"object": "s3://elsewhere/x.csv"}, "parameters.object"),
        ({"object": "x" * 1025}, "parameters.object"),
        ({"rows": "5"}, "parameters.rows"),
    ],
)
def test_what_is_no_object_of_the_bucket_is_refused(given: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        controls(AnsweringSession()).start(given, token="x")
    assert [each.field for each in caught.value.problems] == [field]


def test_what_sagemaker_refuses_is_said_at_once() -> None:
    no = {"job": "j", "code": "ResourceLimitExceeded", "message": "Quota of ml.p4d."}
    session = Function().says({"started": [], "refused": [no]})
    with pytest.raises(CloudError, match=r"Quota of ml\.p4d") as caught:
        controls(session).start({}, token="x")
    assert caught.value.code == "ResourceLimitExceeded"
    no = {"job": "j", "code": "AccessDeniedException", "message": "not authorized"}
    session.says({"started": [], "refused": [no]})
    with pytest.raises(PermissionDenied):
        controls(session).start({}, token="x")


def test_a_function_that_fails_or_is_gone_is_an_error_that_says_so() -> None:
    broken = {"errorMessage": "2026-11-21 Task timed out", "errorType": "Sandbox.Timedout"}
    session = Function().says(broken, FunctionError="Unhandled")
    with pytest.raises(CloudError, match="Task timed out"):
        controls(session).start({}, token="x")
    session.refuses("lambda", "invoke", "ResourceNotFoundException")
    with pytest.raises(NotPossible, match="Deploy the pipeline first"):
        controls(session).start({}, token="x")


# ── Stop and rerun ──────────────────────────────────────────────────────────────────


def test_a_job_is_stopped_while_it_runs() -> None:
    session = AnsweringSession()
    session.answers("sagemaker", "describe_training_job", described(TrainingJobStatus="InProgress"))
    session.answers("sagemaker", "stop_training_job", {}, TrainingJobName=JOB)
    controls(session).stop(ARN)
    session.all_asked()
    session.answers("sagemaker", "describe_training_job", described(TrainingJobStatus="Stopping"))
    controls(session).stop(ARN)
    session.answers("sagemaker", "describe_training_job", described())
    with pytest.raises(NotPossible, match="already ended: Completed"):
        controls(session).stop(ARN)


def test_a_job_that_is_not_there_yet_cannot_be_stopped() -> None:
    session = AnsweringSession(now="2026-11-21T06:02:00+00:00")
    without_job(session)
    logging(session, asked(1), filterPattern=ANY)
    with pytest.raises(NotPossible, match="does not have the job yet"):
        controls(session).stop(ARN)


def test_a_run_is_repeated_as_a_whole_with_its_object() -> None:
    session = Function().says({"started": [job_for("again")]})
    session.answers("sagemaker", "describe_training_job", described())
    assert controls(session).rerun(ARN, from_failure=False, token="again") != ARN
    assert session.called[0]["key"] == KEY
    with pytest.raises(NotPossible, match="as a whole"):
        controls(session).rerun(ARN, from_failure=True, token="again")


def test_a_run_that_did_not_come_about_is_repeated_too() -> None:
    session = Function().says({"started": [job_for("again")]})
    for _ in range(2):
        without_job(session)
    for _ in range(2):
        logging(session, asked(1), refused(1), filterPattern=ANY)
    controls(session).rerun(ARN, from_failure=False, token="again")
    assert session.called[0]["key"] == KEY


def test_a_run_is_repeated_with_its_data_though_the_settings_have_changed() -> None:
    """It read the object's folder; now objects are read alone."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/"}
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": source}}
    session = Function().says({"started": [job_for("again")]})
    session.answers("sagemaker", "describe_training_job", described(InputDataConfig=[channel]))
    controls(session).rerun(ARN, from_failure=False, token="again")
    assert session.called[0]["key"] == "data/"


# ── Samples ─────────────────────────────────────────────────────────────────────────


def test_a_sample_goes_into_the_own_bucket() -> None:
    session = AnsweringSession()
    session.answers("s3", "put_object", {}, Bucket=BUCKET, Key=KEY, Body=b"1")
    address = BLUEPRINT.emit(session, SPEC, ObjectSample(key=KEY, content=b"1"))
    assert address == f"s3://{BUCKET}/{KEY}"


def test_an_event_has_nowhere_to_go() -> None:
    with pytest.raises(NotPossible, match="no event bus"):
        BLUEPRINT.emit(AnsweringSession(), SPEC, EventSample(source="a", type="b"))


# ── Before a destroy ────────────────────────────────────────────────────────────────


def destroy(session: AnsweringSession, spec: Any) -> list[str]:
    said: list[str] = []
    BLUEPRINT.before_change(session, spec, Operation.DESTROY, tuple, said.append)
    return said


def test_data_are_not_deleted_unless_the_settings_allow_it() -> None:
    session = AnsweringSession()
    found = {"Contents": [{"Key": KEY}, {"Key": "models/m.tar.gz"}]}
    session.answers("s3", "list_objects_v2", found, Bucket=BUCKET)
    with pytest.raises(NotPossible, match=r"2 objects\. .*'Delete the data with the pipeline'"):
        destroy(session, KEPT)
    session.all_asked()


def test_jobs_that_run_are_stopped_before_what_they_need_goes() -> None:
    session = AnsweringSession()
    listing(session, summary())
    logging(session, asked(4), filterPattern=ANY, startTime=ANY)
    logging(session, filterPattern=ANY, startTime=ANY)
    session.answers("sagemaker", "describe_training_job", described(TrainingJobStatus="InProgress"))
    session.answers("sagemaker", "stop_training_job", {}, TrainingJobName=JOB)
    listing(session, summary(TrainingJobStatus="Stopped"))
    logging(session, filterPattern=ANY, startTime=ANY)
    assert destroy(session, SPEC) == ["Stopping 1 training job."]
    session.all_asked()


# ── Hints ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        ("BucketNotEmpty", "The bucket you tried to delete is not empty", "Delete the data with"),
        ("BucketAlreadyExists", "", "shared by all accounts"),
        (
            "InvalidArgument",
            "Unable to validate the following destination configurations",
            "could not call the function yet",
        ),
        (
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
            "new role is known",
        ),
        ("ResourceLimitExceeded", "", "Service Quotas"),
    ],
)
def test_errors_that_deployments_meet_have_a_likely_fix(code: str, message: str, said: str) -> None:
    assert said in str(BLUEPRINT.likely_fix(code, message))

"""Trainings asked for by people, replays, the notebook instance, and what a destroy needs."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from provisioning.blueprints.aws_event_sourced_training.assets.training_events.wording import (
    REQUESTED,
    SOURCE,
    replay_name,
)
from provisioning.blueprints.aws_event_sourced_training.blueprint import BLUEPRINT
from provisioning.blueprints.aws_event_sourced_training.example import BUCKET
from provisioning.contracts import EventSample, ObjectSample, Operation, RunStatus
from provisioning.errors import InvalidInput, NotPossible
from tests.provisioning.blueprints.answering import ANY, AnsweringSession
from tests.provisioning.blueprints.sourced import BUCKET as OWN
from tests.provisioning.blueprints.sourced import ROOT, sourced
from tests.provisioning.blueprints.test_event_sourced_history import ARN, JOB, described, moment

SPEC = sourced()
ARCHIVE = f"arn:aws:events:eu-west-1:111122223333:archive/{ROOT}"
BUS = f"arn:aws:events:eu-west-1:111122223333:event-bus/{ROOT}"


class Asked(AnsweringSession):
    """Keeps the entries of PutEvents."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[dict[str, Any]] = []
        events = self.client("events")
        events.meta.events.register("before-parameter-build.events.PutEvents", self._keep)

    def _keep(self, params: dict[str, Any], **_: Any) -> None:
        self.entries += params["Entries"]

    def takes_event(self) -> Asked:
        answer = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}
        self.answers("events", "put_events", answer, Entries=ANY)
        return self


def controls(session: AnsweringSession) -> Any:
    return BLUEPRINT.controls(session, SPEC)


# ── Run now ─────────────────────────────────────────────────────────────────────────


def test_run_now_asks_for_the_data() -> None:
    (known,) = controls(AnsweringSession()).parameters()
    assert (known.name, known.kind, known.default) == ("data", "string", f"{BUCKET}/input/")


def test_a_run_is_asked_for_on_the_bus_and_named_by_its_token() -> None:
    session = Asked().takes_event().takes_event()
    cloud_id = controls(session).start({"data": "s3://my-bucket/x/"}, token="one")
    assert controls(session).start({"data": "s3://my-bucket/x/"}, token="one") == cloud_id
    assert controls(session.takes_event()).start({}, token="two") != cloud_id
    entry = session.entries[0]
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == (
        ROOT,
        SOURCE,
        REQUESTED,
    )
    detail = json.loads(entry["Detail"])
    assert cloud_id.endswith(f":training-job/{detail['job']}")
    assert (detail["data"], detail["trigger"]) == ("s3://my-bucket/x/", "")
    assert json.loads(session.entries[2]["Detail"])["data"] == f"{BUCKET}/input/"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"data": "x"}, "parameters.data"),
        ({"rows": "5"}, "parameters.rows"),
    ],
)
def test_what_is_no_data_is_refused(given: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        controls(AnsweringSession()).start(given, token="x")
    assert [each.field for each in caught.value.problems] == [field]


def test_without_a_default_data_have_to_be_named() -> None:
    bare = BLUEPRINT.example() | {"data": {}}
    spec = sourced(bare, triggers=())
    with pytest.raises(InvalidInput, match="no default"):
        BLUEPRINT.controls(AnsweringSession(), spec).start({}, token="x")


def test_a_job_is_stopped_while_it_runs() -> None:
    session = AnsweringSession()
    session.answers("sagemaker", "describe_training_job", described(TrainingJobStatus="InProgress"))
    session.answers("sagemaker", "stop_training_job", {}, TrainingJobName=JOB)
    controls(session).stop(ARN)
    session.all_asked()
    session.answers("sagemaker", "describe_training_job", described())
    with pytest.raises(NotPossible, match="already ended: Completed"):
        controls(session).stop(ARN)


def test_a_run_is_repeated_as_a_whole_with_its_data() -> None:
    session = Asked().takes_event()
    session.answers("sagemaker", "describe_training_job", described())
    again = controls(session).rerun(ARN, from_failure=False, token="again")
    assert again != ARN
    assert json.loads(session.entries[0]["Detail"])["data"] == "s3://b/x/"
    with pytest.raises(NotPossible, match="as a whole"):
        controls(session).rerun(ARN, from_failure=True, token="again")


def test_samples_go_to_the_own_bucket_and_bus() -> None:
    session = Asked().takes_event()
    session.answers("s3", "put_object", {}, Bucket=OWN, Key="data/x.csv", Body=b"1")
    key = BLUEPRINT.emit(session, SPEC, ObjectSample(key="data/x.csv", content=b"1"))
    assert key == f"s3://{OWN}/data/x.csv"
    assert BLUEPRINT.emit(session, SPEC, EventSample(source="example.data", type="t")) == "1"
    assert session.entries[0]["EventBusName"] == ROOT


# ── Replays ─────────────────────────────────────────────────────────────────────────


def replay(session: AnsweringSession, *, again: bool = False, token: str = "t") -> str:
    log = BLUEPRINT.event_log(session, SPEC)
    assert log is not None
    return log.replay(since=moment(0), until=moment(30), again=again, token=token)


@pytest.mark.parametrize("again", [True, False])
def test_a_window_is_replayed_from_the_archive_onto_the_bus(again: bool) -> None:
    session = AnsweringSession()
    name = replay_name(ROOT, "t", again=again)
    session.answers(
        "events",
        "start_replay",
        {"ReplayArn": "arn:r", "State": "STARTING"},
        ReplayName=name,
        EventSourceArn=ARCHIVE,
        EventStartTime=moment(0),
        EventEndTime=moment(30),
        Destination={"Arn": BUS},
    )
    assert replay(session, again=again) == name
    session.all_asked()
    assert ("again" in name) is again


def test_a_window_takes_whole_seconds_as_events_have_them() -> None:
    session = AnsweringSession()
    session.answers(
        "events",
        "start_replay",
        {"ReplayArn": "arn:r", "State": "STARTING"},
        ReplayName=ANY,
        EventSourceArn=ANY,
        EventStartTime=moment(0),
        EventEndTime=moment(0) + timedelta(seconds=6),
        Destination=ANY,
    )
    log = BLUEPRINT.event_log(session, SPEC)
    assert log is not None
    half = timedelta(seconds=0.5)
    until = moment(0) + timedelta(seconds=5) + half
    log.replay(since=moment(0) + half, until=until, again=False, token="t")
    session.all_asked()


def test_one_token_is_one_replay() -> None:
    session = AnsweringSession()
    session.refuses("events", "start_replay", "ResourceAlreadyExistsException")
    assert replay(session) == replay_name(ROOT, "t", again=False)


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    log = BLUEPRINT.event_log(AnsweringSession(), SPEC)
    assert log is not None
    with pytest.raises(InvalidInput) as caught:
        log.replay(since=moment(5), until=moment(5), again=False, token="t")
    assert [each.field for each in caught.value.problems] == ["until"]


def test_replays_are_listed_newest_first() -> None:
    def replayed(name: str, state: str, minute: int) -> dict[str, Any]:
        times = {"EventStartTime": moment(0), "EventEndTime": moment(30)}
        return {"ReplayName": name, "State": state, "ReplayStartTime": moment(minute), **times}

    session = AnsweringSession()
    older = replayed(replay_name(ROOT, "a", again=False), "COMPLETED", 31)
    newer = replayed(replay_name(ROOT, "b", again=True), "RUNNING", 32)
    first = {"Replays": [older], "NextToken": "more"}
    session.answers("events", "list_replays", first, EventSourceArn=ARCHIVE)
    session.answers(
        "events", "list_replays", {"Replays": [newer]}, EventSourceArn=ARCHIVE, NextToken="more"
    )
    log = BLUEPRINT.event_log(session, SPEC)
    assert log is not None
    found = log.replays()
    assert [(each.status, each.again) for each in found] == [
        (RunStatus.RUNNING, True),
        (RunStatus.SUCCEEDED, False),
    ]


# ── The notebook instance ───────────────────────────────────────────────────────────


def notebook(session: AnsweringSession, status: str) -> None:
    answer = {
        "NotebookInstanceName": ROOT,
        "NotebookInstanceStatus": status,
        "Url": f"{ROOT}.notebook.eu-west-1.sagemaker.aws",
    }
    session.answers("sagemaker", "describe_notebook_instance", answer, NotebookInstanceName=ROOT)


@pytest.mark.parametrize(
    ("word", "status", "opens"),
    [
        ("InService", "running", True),
        ("Stopped", "stopped", False),
        ("Pending", "changing", False),
        ("Stopping", "changing", False),
        ("Failed", "failed", False),
    ],
)
def test_the_notebook_is_shown_with_its_status(word: str, status: str, opens: bool) -> None:
    session = AnsweringSession()
    notebook(session, word)
    (found,) = BLUEPRINT.instances(session, SPEC)
    assert (found.name, found.status, found.cloud_status) == (ROOT, status, word)
    assert bool(found.url) is opens


def test_it_is_started_and_stopped_and_left_alone_where_nothing_changes() -> None:
    session = AnsweringSession()
    notebook(session, "Stopped")
    session.answers("sagemaker", "start_notebook_instance", {}, NotebookInstanceName=ROOT)
    BLUEPRINT.switch_instance(session, SPEC, ROOT, running=True)
    notebook(session, "InService")
    session.answers("sagemaker", "stop_notebook_instance", {}, NotebookInstanceName=ROOT)
    BLUEPRINT.switch_instance(session, SPEC, ROOT, running=False)
    notebook(session, "InService")
    BLUEPRINT.switch_instance(session, SPEC, ROOT, running=True)
    session.all_asked()


def test_what_cannot_be_switched_says_why() -> None:
    session = AnsweringSession()
    notebook(session, "Pending")
    with pytest.raises(NotPossible, match="Pending"):
        BLUEPRINT.switch_instance(session, SPEC, ROOT, running=False)
    with pytest.raises(NotPossible, match="no instance 'x'"):
        BLUEPRINT.switch_instance(session, SPEC, "x", running=False)
    session.refuses("sagemaker", "describe_notebook_instance", "ValidationException")
    with pytest.raises(NotPossible, match="Deploy the pipeline first"):
        BLUEPRINT.switch_instance(session, SPEC, ROOT, running=True)


def test_a_pipeline_without_one_has_none() -> None:
    bare = sourced(BLUEPRINT.example() | {"notebook": {}})
    assert BLUEPRINT.instances(AnsweringSession(), bare) == ()


# ── Before a destroy ────────────────────────────────────────────────────────────────


def destroy(session: AnsweringSession, spec: Any, said: list[str]) -> None:
    BLUEPRINT.before_change(session, spec, Operation.DESTROY, tuple, said.append)


def test_model_versions_go_only_where_data_may() -> None:
    package = {
        "ModelPackageArn": "arn:aws:sagemaker:eu-west-1:111122223333:model-package/x/1",
        "CreationTime": moment(0),
        "ModelPackageStatus": "Completed",
    }
    listed = {"ModelPackageSummaryList": [package]}
    kept = sourced(BLUEPRINT.example() | {"data_bucket": {}})
    session = AnsweringSession()
    session.answers("s3", "list_objects_v2", {}, Bucket=OWN)
    session.answers("sagemaker", "list_model_packages", listed, ModelPackageGroupName=ROOT)
    with pytest.raises(NotPossible, match="1 model version"):
        destroy(session, kept, [])
    said: list[str] = []
    session.answers("sagemaker", "list_model_packages", listed)
    session.answers("sagemaker", "list_training_jobs", {"TrainingJobSummaries": []})
    session.answers("logs", "filter_log_events", {"events": []})
    session.answers("sagemaker", "delete_model_package", {}, ModelPackageName=ANY)
    destroy(session, SPEC, said)
    session.all_asked()
    assert said == ["Deleted 1 model version."]

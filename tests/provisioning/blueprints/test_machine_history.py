"""Runs of a state machine and their steps, read from recorded answers of Step Functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_stepfunctions_training.history import lines, steps
from provisioning.blueprints.aws_stepfunctions_training.reader import Reader
from provisioning.blueprints.aws_stepfunctions_training.reasons import reason
from provisioning.contracts import RunStatus, StepRecord
from provisioning.errors import NotFound
from tests.provisioning.blueprints.answering import AnsweringSession
from tests.provisioning.blueprints.machines import at, daily, landing, spec

START = at("2026-11-21T06:00:00+00:00")
PLACE = Place("eu-west-1", "111122223333")
ARN = "arn:aws:states:eu-west-1:111122223333:execution:skyclock-daily-training:{}"
MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:skyclock-daily-training"
JOB = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/{}"
SAGEMAKER = {"resourceType": "sagemaker", "resource": "createTrainingJob.sync"}
OK, BAD, OFF, ON = RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.STOPPED, RunStatus.RUNNING

Told = tuple[int, str, dict[str, Any]]


def history(*told: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Of (previous id, type, details); ids count from 1, a second apart."""
    return [
        {
            "id": number,
            "previousEventId": previous,
            "type": kind,
            "timestamp": START + timedelta(seconds=number),
            "someEventDetails": details[0] if details else {},
        }
        for number, (previous, kind, *details) in enumerate(told, 1)
    ]


def read(*told: tuple[Any, ...]) -> dict[str, StepRecord]:
    return {step.name: step for step in steps(history(*told), PLACE)}


def statuses(found: dict[str, StepRecord]) -> dict[str, tuple[RunStatus, tuple[str, ...]]]:
    return {name: (step.status, step.after) for name, step in found.items()}


def entered(previous: int, kind: str, name: str) -> tuple[Any, ...]:
    return previous, f"{kind}StateEntered", {"name": name}


def exited(previous: int, kind: str, name: str) -> tuple[Any, ...]:
    return previous, f"{kind}StateExited", {"name": name}


def job(first: int, name: str, *, ends: str = "TaskSucceeded") -> Iterator[tuple[Any, ...]]:
    """The events of a training job, from the one after `first` on."""
    yield first, "TaskScheduled", SAGEMAKER
    yield first + 1, "TaskStarted", SAGEMAKER
    yield first + 2, "TaskSubmitted", {
        **SAGEMAKER, "output": json.dumps({"TrainingJobArn": JOB.format(name)}),
    }  # fmt: skip
    output = {"TrainingJobArn": JOB.format(name), "ModelArtifacts": {"S3ModelArtifacts": "s3://m"}}
    failed = {"error": "States.TaskFailed", "cause": json.dumps({"FailureReason": "No luck"})}
    yield (
        first + 3, ends,
        {**SAGEMAKER, **(failed if ends == "TaskFailed" else {"output": json.dumps(output)})},
    )  # fmt: skip


STARTED = (0, "ExecutionStarted")


# ── Steps ───────────────────────────────────────────────────────────────────────────


def test_steps_follow_each_other_with_their_jobs() -> None:
    found = read(
        STARTED, entered(0, "Pass", "First"), exited(2, "Pass", "First"),
        entered(3, "Task", "Train"), *job(4, "one"), exited(8, "Task", "Train"),
        (9, "ExecutionSucceeded"),
    )  # fmt: skip
    assert list(found) == ["First", "Train"]
    train = found["Train"]
    assert (train.kind, train.status, train.after) == ("Training", OK, ("First",))
    assert (train.cloud_id, train.reason) == (JOB.format("one"), "The model is in s3://m.")
    assert train.started == START + timedelta(seconds=4)
    assert train.finished == START + timedelta(seconds=9)


def test_a_step_that_waits_runs() -> None:
    found = read(STARTED, entered(0, "Task", "Train"), *list(job(2, "one"))[:3])
    train = found["Train"]
    assert (train.status, train.cloud_status, train.finished) == (ON, "TaskSubmitted", None)
    assert train.cloud_id == JOB.format("one")


def test_attempts_are_counted_and_the_last_one_counts() -> None:
    told = [
        STARTED, entered(0, "Task", "Train"), *job(2, "one", ends="TaskFailed"), *job(6, "two"),
    ]  # fmt: skip
    waiting = read(*told[:6])["Train"]
    assert (waiting.status, waiting.reason) == (ON, "To be tried again: No luck")
    done = read(*told, exited(10, "Task", "Train"), (11, "ExecutionSucceeded"))["Train"]
    assert (done.status, done.attempt, done.cloud_id) == (OK, 2, JOB.format("two"))


def test_a_failure_is_its_own_and_the_runs() -> None:
    found = read(
        STARTED, entered(0, "Task", "Train"), *job(2, "one", ends="TaskFailed"),
        (6, "ExecutionFailed", {"error": "States.TaskFailed"}),
    )  # fmt: skip
    train = found["Train"]
    assert (train.status, train.reason, train.cloud_status) == (BAD, "No luck", "TaskFailed")
    assert train.finished == START + timedelta(seconds=7)


def test_a_failure_that_was_caught_is_one_all_the_same() -> None:
    found = read(
        STARTED, entered(0, "Task", "Train"), *job(2, "one", ends="TaskFailed"),
        exited(6, "Task", "Train"), entered(7, "Fail", "Tell"),
        (8, "ExecutionFailed", {"error": "Broken", "cause": "as planned"}),
    )  # fmt: skip
    assert statuses(found) == {"Train": (BAD, ()), "Tell": (BAD, ("Train",))}
    assert (found["Train"].reason, found["Tell"].reason) == ("No luck", "Broken: as planned")


def test_what_cannot_be_computed_is_the_fault_of_its_state() -> None:
    found = read(
        STARTED, entered(0, "Pass", "Only"),
        (2, "ExecutionFailed", {"error": "States.Runtime", "cause": "Invalid path"}),
    )  # fmt: skip
    assert (found["Only"].status, found["Only"].reason) == (BAD, "States.Runtime: Invalid path")


@pytest.mark.parametrize(
    ("ending", "reason"),
    [("ExecutionAborted", ""), ("ExecutionTimedOut", "The run took longer than it may.")],
)
def test_what_ran_when_the_run_ended_was_stopped(ending: str, reason: str) -> None:
    found = read(STARTED, entered(0, "Wait", "For"), (0, ending))
    step = found["For"]
    assert (step.status, step.cloud_status, step.reason) == (OFF, "Aborted", reason)
    assert step.finished == START + timedelta(seconds=3)


def test_branches_begin_after_what_holds_them() -> None:
    found = read(
        STARTED, entered(0, "Parallel", "Both"), (2, "ParallelStateStarted"),
        entered(3, "Wait", "Slow"), entered(3, "Pass", "Fast"), exited(5, "Pass", "Fast"),
        exited(4, "Wait", "Slow"), entered(7, "Pass", "Then"), exited(8, "Pass", "Then"),
        (9, "ParallelStateSucceeded"), exited(9, "Parallel", "Both"),
        entered(11, "Succeed", "Done"), exited(12, "Succeed", "Done"), (13, "ExecutionSucceeded"),
    )  # fmt: skip
    assert statuses(found) == {
        "Both": (OK, ()),
        "Slow": (OK, ("Both",)),
        "Fast": (OK, ("Both",)),
        "Then": (OK, ("Slow",)),
        "Done": (OK, ("Both",)),
    }
    assert found["Both"].finished == START + timedelta(seconds=11)


def test_a_branch_that_fails_stops_the_others() -> None:
    found = read(
        STARTED, entered(0, "Parallel", "Both"), (2, "ParallelStateStarted"),
        entered(3, "Wait", "Slow"), entered(3, "Fail", "Bad"), (5, "WaitStateAborted"),
        (5, "ParallelStateFailed"), exited(7, "Parallel", "Both"), entered(8, "Pass", "Caught"),
        exited(9, "Pass", "Caught"), (10, "ExecutionSucceeded"),
    )  # fmt: skip
    assert statuses(found) == {
        "Both": (BAD, ()),
        "Slow": (OFF, ("Both",)),
        "Bad": (BAD, ("Both",)),
        "Caught": (OK, ("Both",)),
    }
    assert found["Slow"].finished == START + timedelta(seconds=8)


def test_each_item_of_a_map_has_steps_of_its_own() -> None:
    def iteration(previous: int, index: int) -> tuple[Any, ...]:
        return previous, "MapIterationStarted", {"name": "Each", "index": index}

    found = read(
        STARTED, entered(0, "Map", "Each"), (2, "MapStateStarted", {"length": 2}),
        iteration(3, 0), entered(4, "Pass", "One"), exited(5, "Pass", "One"),
        (6, "MapIterationSucceeded", {"name": "Each", "index": 0}),
        iteration(6, 1), entered(8, "Pass", "One"), exited(9, "Pass", "One"),
        entered(10, "Wait", "Two"),
    )  # fmt: skip
    assert statuses(found) == {
        "Each": (ON, ()),
        "One [0]": (OK, ("Each",)),
        "One [1]": (OK, ("Each",)),
        "Two [1]": (ON, ("One [1]",)),
    }


def test_a_loop_is_one_step_that_was_tried_often() -> None:
    found = read(
        STARTED, entered(0, "Wait", "For"), exited(2, "Wait", "For"),
        entered(3, "Choice", "Ready"), exited(4, "Choice", "Ready"),
        entered(5, "Wait", "For"), exited(6, "Wait", "For"),
        entered(7, "Choice", "Ready"), exited(8, "Choice", "Ready"), (9, "ExecutionSucceeded"),
    )  # fmt: skip
    assert statuses(found) == {"For": (OK, ()), "Ready": (OK, ("For",))}
    waits = found["For"]
    assert waits.attempt == 2
    assert waits.started == START + timedelta(seconds=2)
    assert waits.finished == START + timedelta(seconds=7)


def test_a_run_that_goes_on_tries_its_task_again_without_entering_it() -> None:
    found = read(
        STARTED, entered(0, "Pass", "First"), exited(2, "Pass", "First"),
        entered(3, "Task", "Train"), *job(4, "one", ends="TaskFailed"), (8, "ExecutionFailed"),
        (9, "ExecutionRedriven", {"redriveCount": 1}), *job(10, "two"),
        exited(14, "Task", "Train"), (15, "ExecutionSucceeded"),
    )  # fmt: skip
    train = found["Train"]
    assert (train.status, train.attempt, train.cloud_id) == (OK, 2, JOB.format("two"))
    assert train.after == ("First",)


def test_functions_are_named_by_their_arn_for_their_log() -> None:
    function = "arn:aws:lambda:eu-west-1:111122223333:function:prepare"
    direct = read(
        STARTED, entered(0, "Task", "Call"), (2, "LambdaFunctionScheduled", {"resource": function}),
        (3, "LambdaFunctionFailed", {"error": "ValueError", "cause": '{"errorMessage": "no"}'}),
        (4, "ExecutionFailed"),
    )["Call"]  # fmt: skip
    assert (direct.kind, direct.cloud_id) == ("Lambda", function)
    assert (direct.status, direct.reason) == (BAD, "Error: no")
    scheduled = {
        "resourceType": "lambda", "resource": "invoke",
        "parameters": json.dumps({"FunctionName": "prepare"}),
    }  # fmt: skip
    named = read(STARTED, entered(0, "Task", "Call"), (2, "TaskScheduled", scheduled))["Call"]
    assert (named.kind, named.cloud_id) == ("Lambda", function)


def test_a_history_can_be_read_as_text() -> None:
    told = history(
        STARTED, entered(0, "Task", "Train"), *job(2, "one", ends="TaskFailed"),
        (6, "ExecutionFailed"),
    )  # fmt: skip
    texts = [text for _, text in lines(told)]
    assert texts[:3] == [
        "1 ExecutionStarted", "2 TaskStateEntered Train",
        "3 TaskScheduled sagemaker createTrainingJob.sync",
    ]  # fmt: skip
    assert texts[5] == "6 TaskFailed sagemaker createTrainingJob.sync No luck"


@pytest.mark.parametrize(
    ("error", "cause", "said"),
    [
        ("", "", ""),
        ("Broken", "", "Broken"),
        ("Broken", "why", "Broken: why"),
        ("States.TaskFailed", "why", "why"),
        ("States.TaskFailed", '{"FailureReason": "AlgorithmError"}', "AlgorithmError"),
        ("KeyError", '{"errorType": "KeyError", "errorMessage": "x"}', "KeyError: x"),
        ("States.TaskFailed", '{"Error": "Inner", "Cause": "deep", "Status": "FAILED"}',
         "Inner: deep"),
        ("X", "[1]", "X: [1]"),
    ],
)  # fmt: skip
def test_a_reason_is_what_failed_in_its_own_words(error: str, cause: str, said: str) -> None:
    assert reason(error, cause) == said


# ── Runs ────────────────────────────────────────────────────────────────────────────


def listed(name: str, started: datetime, status: str = "SUCCEEDED") -> dict[str, Any]:
    return {
        "executionArn": ARN.format(name), "stateMachineArn": MACHINE, "name": name,
        "status": status, "startDate": started, "stopDate": started + timedelta(minutes=1),
    }  # fmt: skip


def reader(session: AnsweringSession) -> Reader:
    return Reader(session, spec(triggers=(daily(), landing())))


def test_a_page_that_reaches_what_is_older_is_the_last() -> None:
    session = AnsweringSession()
    recent, old = (listed("b", START), listed("a", START - timedelta(days=1)))
    answers = ([recent], [recent, old])
    session.answers(
        "stepfunctions", "list_executions", {"executions": answers[0], "nextToken": "more"},
        stateMachineArn=MACHINE, maxResults=200,
    )  # fmt: skip
    session.answers(
        "stepfunctions", "list_executions", {"executions": answers[1], "nextToken": "even more"},
        stateMachineArn=MACHINE, maxResults=200, nextToken="more",
    )  # fmt: skip
    first = reader(session).runs(since=START)
    assert (len(first.runs), first.cursor) == (1, "more")
    second = reader(session).runs(since=START, cursor="more")
    assert ([run.cloud_id for run in second.runs], second.cursor) == ([ARN.format("b")], None)
    session.all_asked()


def test_a_machine_that_is_not_there_has_no_runs() -> None:
    session = AnsweringSession()
    session.refuses("stepfunctions", "list_executions", "StateMachineDoesNotExist")
    assert reader(session).runs(since=None).runs == ()
    session.refuses("stepfunctions", "describe_execution", "ExecutionDoesNotExist")
    with pytest.raises(NotFound):
        reader(session).run(ARN.format("x"))


def run_with(given: Any, *, status: str = "SUCCEEDED", **more: Any) -> Any:
    session = AnsweringSession()
    answer = {**listed("x", START, status), "input": json.dumps(given), **more}
    session.answers("stepfunctions", "describe_execution", answer, executionArn=ARN.format("x"))
    return reader(session).run(ARN.format("x"))


def test_a_run_tells_its_trigger_by_the_mark_in_its_input() -> None:
    run = run_with({"A": "a", "n": 1, "skyclock": {"trigger": "t1"}})
    assert (run.trigger, run.cause, run.parameters) == ("t1", "", {"A": "a", "n": "1"})
    mark = {"trigger": "t3", "object": "data/x.csv", "type": "Object Created", "event": "e"}
    run = run_with({"skyclock": mark})
    assert (run.trigger, run.cause, run.parameters) == ("t3", "data/x.csv", {})
    assert run_with({"skyclock": {"trigger": "gone"}}).trigger == "gone", "its key is what it was"


@pytest.mark.parametrize("given", [{}, [1], "text", {"skyclock": 7}, {"skyclock": {"trigger": 1}}])
def test_a_run_without_a_mark_was_started_by_hand(given: Any) -> None:
    assert run_with(given).trigger == "manual"


def test_a_mark_that_is_too_old_was_copied() -> None:
    def mark(before: timedelta) -> dict[str, Any]:
        time = (START - before).astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {"skyclock": {"trigger": "t1", "time": time}}

    assert run_with(mark(timedelta(hours=1))).trigger == "t1", "tried again for an hour"
    assert run_with(mark(timedelta(hours=2))).trigger == "manual"


def test_a_failed_run_says_why() -> None:
    cause = json.dumps({"FailureReason": "AlgorithmError", "TrainingJobStatus": "Failed"})
    run = run_with({}, status="FAILED", error="States.TaskFailed", cause=cause)
    assert (run.status, run.cloud_status, run.reason) == (BAD, "FAILED", "AlgorithmError")
    assert run_with({}, status="TIMED_OUT").status is BAD
    assert run_with({}, status="ABORTED").status is OFF
    assert run_with({}, status="PENDING_REDRIVE").status is ON


def test_long_values_are_cut() -> None:
    run = run_with({"A": "x" * 5000})
    assert len(run.parameters["A"]) == 1001

"""What others made in an account is found, and watched like an own Pipeline: all three simulated
clouds, over HTTP, with things that the vendors' SDKs made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from dashboard import queries
from dashboard.models import Connection, Discovered, Occurrence, Pipeline, User
from dashboard.services import connections, discovery, sandbox, watching
from provisioning.clouds.session import Session
from provisioning.contracts import SandboxFault
from provisioning.errors import InvalidInput
from tests.dashboard.services import foreign

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def observing(admin: User) -> Callable[[str], Connection]:
    def made(cloud: str) -> Connection:
        return connections.create_sandbox(
            actor=admin, name=f"Watched {cloud}", cloud=cloud, level="observe"
        )

    return made


@pytest.fixture
def aws(observing: Callable[[str], Connection]) -> Connection:
    return observing("aws")


@pytest.fixture
def session(aws: Connection) -> Session:
    return foreign.session_of(aws)


@pytest.fixture
def refuse(member: User) -> Iterator[Callable[..., None]]:
    """Calls of this name are answered so until the test ends."""
    made: list[SandboxFault] = []

    def fault(cloud: Any, match: str, code: str, message: str) -> None:
        wanted = SandboxFault(kind="refuse", cloud=cloud, match=match, code=code, message=message)
        made.append(sandbox.add_fault(actor=member, fault=wanted))

    yield fault
    for each in made:
        sandbox.remove_fault(actor=member, id=each.id)


def found(connection: Connection, cloud_id: str) -> Discovered:
    discovery.look(connection.pk)
    return connection.discovered.get(cloud_id=cloud_id)


def statuses(pipeline: Pipeline) -> list[str]:
    return list(pipeline.occurrences.order_by("at").values_list("status", flat=True))


# ── Finding ─────────────────────────────────────────────────────────────────────────


def test_a_state_machine_is_found_with_its_schedule(aws: Connection, session: Session) -> None:
    name = foreign.unique("nightly")
    arn = foreign.machine(session, name)
    foreign.schedule(
        session, name, arn, "cron(0 6 ? * MON-FRI *)", ScheduleExpressionTimezone="Europe/Berlin"
    )

    row = found(aws, arn)

    assert row.name == name
    (trigger,) = row.triggers
    assert trigger["native"] == "cron(0 6 ? * MON-FRI *) Europe/Berlin"
    assert trigger["spec"]["cron"] == "0 6 * * 1-5"
    assert trigger["spec"]["timezone"] == "Europe/Berlin"
    assert trigger["next"]


def test_nothing_is_changed_by_looking(aws: Connection, session: Session) -> None:
    arn = foreign.machine(session, foreign.unique("quiet"))
    before = session.client("stepfunctions").describe_state_machine(stateMachineArn=arn)

    found(aws, arn)

    after = session.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    for answer in (before, after):
        answer.pop("ResponseMetadata")
    assert before == after


def test_a_schedule_that_calls_the_api_by_itself_is_found_too(
    aws: Connection, session: Session
) -> None:
    name = foreign.unique("universal")
    arn = foreign.machine(session, name)
    foreign.schedule(
        session, name, "arn:aws:scheduler:::aws-sdk:sfn:startExecution", "rate(6 hours)",
        target={"Input": json.dumps({"StateMachineArn": arn})},
    )  # fmt: skip

    (trigger,) = found(aws, arn).triggers

    assert trigger["spec"]["kind"] == "native"
    assert trigger["spec"]["dialect"] == "eventbridge"
    assert trigger["next"]


def test_what_may_not_be_listed_is_said_and_not_taken_for_nothing(
    aws: Connection, session: Session, refuse: Callable[..., None]
) -> None:
    arn = foreign.machine(session, foreign.unique("hidden"))
    found(aws, arn)
    refuse("aws", "*ListStateMachines*", "AccessDeniedException", "You may not do that.")

    discovery.look(aws.pk)

    row = aws.discovered.get(cloud_id=arn)
    assert row.gone_at is None
    aws.discovery.refresh_from_db()
    (said,) = aws.discovery.unread
    assert said["what"] == "Step Functions state machines"
    assert said["missing"] == ["states:ListStateMachines"]
    assert said["message"].startswith("states:ListStateMachines is missing")


def test_what_is_deleted_is_marked_gone(aws: Connection, session: Session) -> None:
    arn = foreign.machine(session, foreign.unique("brief"))
    found(aws, arn)
    session.client("stepfunctions").delete_state_machine(stateMachineArn=arn)

    assert found(aws, arn).gone_at


# ── Watching ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cloud", "make", "status", "steps"),
    [
        ("aws", foreign.hourly_machine, "succeeded", ["Look", "Done"]),
        ("aws", foreign.hourly_sagemaker_pipeline, "failed", ["TooBad"]),
        ("azure", foreign.hourly_factory_pipeline, "succeeded", ["Look", "Then"]),
        (
            "google",
            foreign.hourly_data_pipeline,
            "succeeded",
            ["ReadLines", "CountWords", "WriteCounts"],
        ),
    ],
)
def test_it_is_read_like_an_own_pipeline(
    observing: Callable[[str], Connection], member: User,
    cloud: str, make: Callable[[Session], str], status: str, steps: list[str],
) -> None:  # fmt: skip
    connection = observing(cloud)
    row = foreign.watch(member, connection, make(foreign.session_of(connection)))
    assert not row.managed

    foreign.advance(member, 3 * HOUR)

    row.refresh_from_db()
    assert row.sync_error == ""
    assert row.runs.count() == 3
    assert set(statuses(row)) == {"done"}
    (trigger,) = queries.pipeline_triggers(row)
    assert trigger.state == "active"
    assert trigger.next > row.connection.now(row.verified_at)
    run = row.runs.last()
    assert run is not None
    assert (run.status, run.trigger) == (status, trigger)
    assert [step.name for step in run.steps.all()] == steps


def test_a_firing_that_was_dropped_is_missed(
    aws: Connection, session: Session, member: User
) -> None:
    name = foreign.unique("dropped")
    arn = foreign.machine(session, name)
    foreign.schedule(session, name, arn, "cron(30 * * * ? *)")
    row = foreign.watch(member, aws, arn)
    fault = SandboxFault(kind="drop_firing", cloud="aws", match=f"*{name}*", count=1)
    sandbox.add_fault(actor=member, fault=fault)

    foreign.advance(member, 3 * HOUR)

    assert statuses(row) == ["missed", "done", "done"]


def test_a_schedule_that_cron_cannot_say_is_held_to_its_own_words(
    aws: Connection, session: Session, member: User
) -> None:
    name = foreign.unique("rated")
    arn = foreign.machine(session, name)
    foreign.schedule(session, name, arn, "rate(2 hours)")
    row = foreign.watch(member, aws, arn)

    foreign.advance(member, 7 * HOUR)

    (trigger,) = queries.pipeline_triggers(row)
    assert (trigger.kind, trigger.config["text"]) == ("native", "rate(2 hours) UTC")
    assert set(statuses(row)) == {"done"}
    assert row.occurrences.count() >= 3


def test_it_follows_an_edit_of_the_schedule(
    aws: Connection, session: Session, member: User
) -> None:
    name = foreign.unique("edited")
    arn = foreign.machine(session, name)
    foreign.schedule(session, name, arn, "cron(0 6 * * ? *)")
    row = foreign.watch(member, aws, arn)
    before = row.current_version
    foreign.put_expression(session, name, "cron(0 9 * * ? *)")

    foreign.pull(row)

    (trigger,) = queries.pipeline_triggers(row)
    assert trigger.cron == "0 9 * * *"
    assert row.current_version != before
    definitions = [each.definition["cron"] for each in row.promises.order_by("pk")]
    assert definitions == ["0 6 * * *", "0 9 * * *"]


def test_a_schedule_that_is_disabled_there_is_paused_here(
    aws: Connection, session: Session, member: User
) -> None:
    name = foreign.unique("disabled")
    arn = foreign.machine(session, name)
    foreign.schedule(session, name, arn, "cron(0 * * * ? *)")
    row = foreign.watch(member, aws, arn)
    foreign.put_expression(session, name, "cron(0 * * * ? *)", State="DISABLED")

    foreign.advance(member, 3 * HOUR)

    (trigger,) = queries.pipeline_triggers(row)
    assert (trigger.state, trigger.paused) == ("paused", True)
    assert row.occurrences.filter(status=Occurrence.Status.MISSED).count() == 0


def test_a_gone_one_keeps_its_history(aws: Connection, session: Session, member: User) -> None:
    name = foreign.unique("gone")
    arn = foreign.machine(session, name)
    foreign.schedule(session, name, arn, "cron(0 * * * ? *)")
    row = foreign.watch(member, aws, arn)
    foreign.advance(member, 2 * HOUR)
    runs = row.runs.count()
    assert runs
    session.client("scheduler").delete_schedule(Name=name)
    session.client("stepfunctions").delete_state_machine(stateMachineArn=arn)

    foreign.pull(row)

    assert row.gone_at
    assert row.sync_error == ""
    assert row.runs.count() == runs
    assert not row.promises.filter(until=None).exists()


def test_run_history_that_may_not_be_read_is_said(
    observing: Callable[[str], Connection], refuse: Callable[..., None]
) -> None:
    azure = observing("azure")
    factory = foreign.Factory(foreign.session_of(azure), azure.region)
    factory.pipeline("Secret")
    refuse("azure", "*queryPipelineRuns*", "AuthorizationFailed", "No such right.")

    discovery.look(azure.pk)

    azure.discovery.refresh_from_db()
    (said,) = azure.discovery.unread
    assert said["what"] == "Runs of data factories"
    assert "Microsoft.DataFactory/factories/queryPipelineRuns/action" in said["missing"]


def test_an_eventarc_trigger_is_watched_with_what_it_started(
    observing: Callable[[str], Connection], member: User
) -> None:
    google = observing("google")
    session = foreign.session_of(google)
    bucket = foreign.unique("drop")
    id = foreign.eventarc_trigger(session, foreign.unique("on-object"), bucket)
    row = foreign.watch(member, google, id)
    session.client("storage").bucket(bucket).blob("in/x.csv").upload_from_string(b"1")

    foreign.advance(member, HOUR)

    assert row.sync_error == ""
    (run,) = row.runs.all()
    assert (run.status, run.cause, run.trigger_kind) == ("succeeded", "in/x.csv", "native")


# ── Choosing ────────────────────────────────────────────────────────────────────────


def test_watching_twice_is_one_pipeline(aws: Connection, session: Session, member: User) -> None:
    arn = foreign.machine(session, foreign.unique("twice"))
    row = foreign.watch(member, aws, arn)

    (again,) = watching.watch(actor=member, connection=aws, items=[arn])

    assert again == row


def test_what_no_look_found_is_refused_by_its_place(aws: Connection, member: User) -> None:
    with pytest.raises(InvalidInput) as refused:
        watching.watch(actor=member, connection=aws, items=["arn:aws:states:::nothing"])

    (problem,) = refused.value.problems
    assert problem.field == "items.0"


def test_stopping_leaves_the_cloud_and_the_history_as_they_are(
    aws: Connection, session: Session, member: User
) -> None:
    name = foreign.unique("stopped")
    arn = foreign.machine(session, name)
    session.client("stepfunctions").start_execution(stateMachineArn=arn)
    row = foreign.watch(member, aws, arn)

    watching.stop(actor=member, pipeline=row)

    assert row.archived_at
    assert row.runs.count() == 1
    assert session.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    (again,) = watching.watch(actor=member, connection=aws, items=[arn])
    assert again.pk != row.pk
    assert again.name == name

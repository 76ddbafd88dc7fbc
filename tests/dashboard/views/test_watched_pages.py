"""Pages of what can be watched and of what is: what they say, and what they do not offer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Connection, Discovered, Discovery, Occurrence, Pipeline, User
from dashboard.services import connections, watching
from provisioning.contracts import ScheduleSpec, SeenTrigger, Unread, Watchable

ARN = "arn:aws:states:eu-west-1:111122223333:stateMachine:nightly"
NEXT = datetime(2027, 3, 1, 5, 0, tzinfo=UTC)


def seen(**more: Any) -> Watchable:
    trigger = SeenTrigger(
        cloud_id="arn:aws:scheduler:eu-west-1:111122223333:schedule/default/nightly",
        name="nightly", native="cron(0 6 * * ? *) Europe/Berlin", running=True, next=NEXT,
        spec=ScheduleSpec(key="w1", cron="0 6 * * *", timezone="Europe/Berlin"),
    )  # fmt: skip
    usual = {"kind": "watched_state_machine", "cloud_id": ARN, "name": "nightly"}
    return Watchable(**{**usual, "region": "eu-west-1", "triggers": (trigger,), **more})


@pytest.fixture
def observed(admin: User) -> Connection:
    return connections.create_sandbox(actor=admin, name="Theirs", cloud="aws", level="observe")


@pytest.fixture
def found(observed: Connection) -> Discovered:
    now = timezone.now()
    Discovery.objects.create(connection=observed, looked_at=now)
    return Discovered.objects.create(
        connection=observed, kind="watched_state_machine", cloud_id=ARN, name="nightly",
        seen=seen().model_dump(mode="json"), first_seen=now, last_seen=now,
    )  # fmt: skip


@pytest.fixture
def watched(found: Discovered, member: User) -> Pipeline:
    (row,) = watching.watch(actor=member, connection=found.connection, items=[ARN])
    return row


@pytest.fixture
def browser(sign_in: Callable[[User], Client], member: User) -> Client:
    return sign_in(member)


def text(browser: Client, name: str, *args: Any, **query: str) -> str:
    answer = browser.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_lists_what_was_found_with_what_starts_it(browser: Client, found: Discovered) -> None:
    shown = text(browser, "connection-discover", found.connection_id)
    assert "Step Functions state machines" in shown
    assert "cron(0 6 * * ? *) Europe/Berlin" in shown
    assert f'value="{ARN}"' in shown


def test_what_was_not_allowed_is_said_with_what_is_missing(
    browser: Client, observed: Connection
) -> None:
    refused = Unread(
        what="SageMaker pipelines", missing=("sagemaker:ListPipelines",),
        message="sagemaker:ListPipelines is missing", kinds=("watched_sagemaker_pipeline",),
    )  # fmt: skip
    Discovery.objects.create(
        connection=observed, looked_at=timezone.now(), unread=[refused.model_dump(mode="json")]
    )
    shown = text(browser, "connection-discover", observed.pk)
    assert "<code" in shown
    assert "sagemaker:ListPipelines" in shown
    assert "an empty list below does not mean" in shown
    assert "nothing that Skyclock knows how to watch" not in shown


def test_it_says_why_nobody_looks(browser: Client, observed: Connection) -> None:
    assert "A worker lists" in text(browser, "connection-discover", observed.pk)
    for why, said in (
        ({"enabled": False}, "Theirs is disabled"),
        ({"enabled": True, "account": ""}, "has not said yet which account"),
    ):
        Connection.objects.update(**why)
        shown = text(browser, "connection-discover", observed.pk)
        assert said in shown
        assert "A worker lists" not in shown and "Look again" not in shown
    assert "AWS, eu-west-1" in shown


def test_what_is_chosen_is_watched(browser: Client, found: Discovered) -> None:
    answer = browser.post(reverse("connection-watch", args=[found.connection_id]), {"item": [ARN]})
    row = Pipeline.objects.get(cloud_id=ARN)
    assert answer["Location"] == reverse("pipeline", args=[row.pk])
    assert row.managed is False
    assert row.triggers.get().cron == "0 6 * * *"


def test_a_list_marks_it_and_can_leave_it_out(
    browser: Client, watched: Pipeline, pipeline: Pipeline
) -> None:
    assert "Not managed here" in text(browser, "pipelines")
    only = text(browser, "pipelines", managed="watched")
    assert (watched.name in only, pipeline.name in only) == (True, False)
    others = text(browser, "pipelines", managed="here")
    assert (f">{watched.name}<" in others, pipeline.name in others) == (False, True)


@pytest.mark.parametrize("name", ["pipeline", "pipeline-triggers", "pipeline-ledger"])
def test_its_pages_offer_nothing_that_changes_it(
    name: str, browser: Client, watched: Pipeline
) -> None:
    shown = text(browser, name, watched.pk)
    assert "Not managed here" in shown
    for word in ("Run now", "Deploy v", "Destroy …", ">Edit<", "Pause trigger", "Backfill"):
        assert word not in shown


@pytest.mark.parametrize(
    "name",
    ["pipeline-edit", "pipeline-destroy", "pipeline-delete", "pipeline-run", "pipeline-versions",
     "pipeline-drift", "pipeline-resources", "pipeline-take-out", "pipeline-lifetime"],
)  # fmt: skip
def test_pages_that_change_something_say_that_it_is_watched(
    name: str, browser: Client, watched: Pipeline
) -> None:
    answer = browser.get(reverse(name, args=[watched.pk]))
    assert answer.status_code == 403
    assert "is watched, and not managed here" in answer.content.decode()


def test_the_ledger_calls_its_triggers_as_the_cloud_does(
    browser: Client, watched: Pipeline
) -> None:
    trigger = watched.triggers.get()
    Occurrence.objects.create(
        pipeline=watched, trigger=trigger, version=watched.current_version, status="done",
        due=NEXT, at=NEXT,
    )  # fmt: skip
    shown = text(browser, "pipeline-ledger", watched.pk)
    assert "nightly · version 1" in shown
    assert f"{trigger.key} · " not in shown


def test_a_gone_one_says_so(browser: Client, watched: Pipeline) -> None:
    Pipeline.objects.update(gone_at=timezone.now())
    assert "Gone from the cloud" in text(browser, "pipeline", watched.pk)


def test_the_first_page_tells_how_much_is_watched(browser: Client, watched: Pipeline) -> None:
    assert "1 watched" in text(browser, "overview")


def test_somebody_stops_watching(browser: Client, watched: Pipeline) -> None:
    assert "stays in the cloud as it is" in text(browser, "pipeline-unwatch", watched.pk)
    browser.post(reverse("pipeline-unwatch", args=[watched.pk]))
    watched.refresh_from_db()
    assert watched.archived_at


def test_lists_take_as_many_queries_for_many_as_for_one(
    browser: Client, found: Discovered, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        Discovered.objects.create(
            connection=found.connection, kind=found.kind, cloud_id=f"{ARN}{number}",
            name=f"machine {number}", seen=found.seen, first_seen=found.first_seen,
            last_seen=found.last_seen,
        )  # fmt: skip
    with django_assert_max_num_queries(20):
        text(browser, "connection-discover", found.connection_id)

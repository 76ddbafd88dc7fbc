"""A year of three clouds on the sandbox's clock, with faults: every one is found with its cause,
and nothing else is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboard import queries
from dashboard.models import Occurrence, Pipeline, User
from dashboard.services import connections, pipelines, sandbox, triggers
from dashboard.services.entering import enter
from provisioning.blueprints import registry
from provisioning.blueprints.aws_common import names as aws_names
from provisioning.blueprints.azure_data_factory.api import FactoryApi
from provisioning.contracts import Level, SandboxFault
from provisioning.schedules import check_schedule

pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
]
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SLICE = timedelta(days=14)
KEPT = ("name", "displayName", "type", "state", "workload", "schedulerServiceAccountEmail")
SCHEDULES = {
    "aws": ("aws_stepfunctions_training", "30 5 * * 1,4", "America/Santiago"),
    "azure": ("azure_data_factory", "15 6 * * 3", "Europe/Berlin"),
    "google": ("google_data_pipeline", "0 7 * * 0,2", "Australia/Lord_Howe"),
}


@pytest.fixture
def deployed_three(operate: Any, admin: User) -> Iterator[dict[str, Pipeline]]:
    known = {row.cloud: row for row in connections.ensure_sandbox()}
    made: dict[str, Pipeline] = {}
    for cloud, (kind, cron, zone) in SCHEDULES.items():
        made[cloud] = pipelines.create(
            actor=admin, name=f"Year on {cloud}", connection=known[cloud], blueprint=kind,
            settings=registry.get(kind).example(),
            triggers=[{"kind": "schedule", "cron": cron, "timezone": zone}],
        )  # fmt: skip
        operate(made[cloud], "up")
    yield made
    for row in made.values():
        operate(row, "destroy")


class Year:
    """The sandbox's clock, moved on in slices with a pull after each."""

    def __init__(self, actor: User, made: dict[str, Pipeline]) -> None:
        self.actor = actor
        self.made = made
        self.expected: dict[str, dict[datetime, str]] = {cloud: {} for cloud in made}

    def now(self) -> datetime:
        found = sandbox.look()
        assert found
        return found.now

    def to(self, moment: datetime) -> None:
        while (left := moment - self.now()) > timedelta(seconds=1):
            sandbox.advance(actor=self.actor, delta=min(left, SLICE))

    def next_due(self, cloud: str) -> datetime:
        """With an hour to spare, so that what is done before takes its effect."""
        _, cron, zone = SCHEDULES[cloud]
        return next(iter(check_schedule(cron, zone).firings(self.now() + HOUR)))

    def fault(self, cloud: str, kind: Any, match: str = "*", **more: Any) -> SandboxFault:
        fault = SandboxFault(kind=kind, cloud=cloud, match=match, **more)
        return sandbox.add_fault(actor=self.actor, fault=fault)

    def enter(self, cloud: str) -> Any:
        return enter(Pipeline.objects.get(pk=self.made[cloud].pk), Level.OBSERVE)

    def expect(self, cloud: str, due: datetime, cause: str) -> None:
        self.expected[cloud][due] = cause


@pytest.fixture
def year(member: User, deployed_three: dict[str, Pipeline]) -> Year:
    return Year(member, deployed_three)


def drop_one(year: Year, cloud: str) -> None:
    due = year.next_due(cloud)
    slug = year.made[cloud].slug
    year.fault(cloud, "drop_firing", f"*{slug}*", count=1)
    year.expect(cloud, due, "missed:")
    year.to(due + HOUR)


def delay_one(year: Year, cloud: str) -> None:
    due = year.next_due(cloud)
    year.fault(cloud, "delay", f"*{year.made[cloud].slug}*", count=1, until=due + HOUR, seconds=600)
    year.expect(cloud, due, "late:")
    year.to(due + HOUR)


def stop_on_aws(year: Year) -> None:
    """As somebody does in the console; it is seen by reading back, and started again."""
    session = year.enter("aws").session
    client = session.client("scheduler")
    name = aws_names.schedule(year.made["aws"].slug, "t1", 0)
    found = client.get_schedule(Name=name)
    kept = ("Name", "ScheduleExpression", "ScheduleExpressionTimezone", "Target",
            "FlexibleTimeWindow")  # fmt: skip
    whole = {key: found[key] for key in kept}
    client.update_schedule(**whole, State="DISABLED")
    for _ in range(2):
        due = year.next_due("aws")
        year.expect("aws", due, "missed:trigger_stopped")
        year.to(due + HOUR)
    client.update_schedule(**whole, State="ENABLED")
    year.to(year.now() + HOUR)


def stop_on_azure(year: Year) -> None:
    entered = year.enter("azure")
    api = FactoryApi(entered.session, entered.spec)
    (name,) = api.triggers()
    triggers_client = entered.session.client("datafactory").triggers
    triggers_client.begin_stop(*api.place, name).result()
    due = year.next_due("azure")
    year.expect("azure", due, "missed:trigger_stopped")
    year.to(due + HOUR)
    triggers_client.begin_start(*api.place, name).result()
    year.to(year.now() + HOUR)


def stop_on_google(year: Year) -> None:
    """Google has no pause: the schedule is taken away, and put back as it was."""
    entered = year.enter("google")
    pipelines_client = entered.session.client("datapipelines").projects().locations().pipelines()
    (found,) = [
        each
        for each in pipelines_client.list(
            parent=f"projects/{entered.spec.account}/locations/{entered.spec.region}"
        ).execute()["pipelines"]
        if year.made["google"].slug in each["name"]
    ]
    kept = {name: found[name] for name in KEPT if name in found}
    pipelines_client.patch(name=found["name"], updateMask="scheduleInfo", body=kept).execute()
    due = year.next_due("google")
    year.expect("google", due, "missed:trigger_stopped")
    year.to(due + HOUR)
    back = {name: found["scheduleInfo"][name] for name in ("schedule", "timeZone")}
    pipelines_client.patch(
        name=found["name"], updateMask="scheduleInfo", body=kept | {"scheduleInfo": back}
    ).execute()
    year.to(year.now() + HOUR)


def deny_on_aws(year: Year) -> None:
    """The trigger's role loses its permission; Scheduler tries, and leaves a dead letter."""
    client = year.enter("aws").session.client("iam")
    role = aws_names.trigger_role(year.made["aws"].slug, "t1")
    (policy,) = client.list_role_policies(RoleName=role)["PolicyNames"]
    document = client.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    left = [each for each in document["Statement"] if "states:StartExecution" not in each["Action"]]
    client.put_role_policy(
        RoleName=role, PolicyName=policy,
        PolicyDocument=json.dumps({**document, "Statement": left}),
    )  # fmt: skip
    due = year.next_due("aws")
    year.expect("aws", due, "missed:permission_denied")
    year.to(due + 2 * HOUR)
    client.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


def away(year: Year, cloud: str) -> None:
    """While the cloud does not answer, what is overdue is unknown; then all of it is told."""
    due = year.next_due(cloud)
    fault = year.fault(cloud, "away")
    year.to(due + HOUR)
    row = Pipeline.objects.select_related("connection").get(pk=year.made[cloud].pk)
    assert row.sync_error
    shown = [each for each in queries.occurrences(row, due, due + MINUTE) if each.due == due]
    assert [(each.status, each.cause.code) for each in shown] == [("unknown", "not_read")]
    sandbox.remove_fault(actor=year.actor, id=fault.id)
    year.to(year.now() + HOUR)


def pause(year: Year, cloud: str) -> None:
    """By Skyclock: nothing is promised meanwhile."""
    trigger = year.made[cloud].triggers.get()
    due = year.next_due(cloud)
    triggers.pause(actor=year.actor, trigger=trigger)
    year.to(due + HOUR)
    assert not Occurrence.objects.filter(trigger=trigger, due=due).exists()
    triggers.resume(actor=year.actor, trigger=trigger)
    year.to(year.now() + HOUR)


def test_a_year_of_three_clouds(year: Year) -> None:
    began = time.monotonic()
    start = year.now()
    first = {cloud: row.promises.get().since for cloud, row in year.made.items()}
    for cloud in year.made:
        drop_one(year, cloud)
    delay_one(year, "aws")
    delay_one(year, "azure")
    stop_on_aws(year)
    stop_on_azure(year)
    stop_on_google(year)
    deny_on_aws(year)
    for cloud in year.made:
        away(year, cloud)
    pause(year, "azure")
    for cloud in year.made:
        drop_one(year, cloud)
    year.to(start + 366 * DAY)
    sandbox.advance(actor=year.actor, delta=20 * MINUTE)
    end = year.now() - 16 * MINUTE
    told = {}
    for cloud, row in year.made.items():
        told[cloud] = _told(row, first[cloud], end)
    print(f"\n{sum(map(len, told.values()))} starts in {time.monotonic() - began:.0f} s")
    for cloud in year.made:
        wrong = {due: what for due, what in told[cloud].items() if what != "done:"}
        assert wrong == year.expected[cloud], cloud
        _as_promised(year, cloud, told[cloud], first[cloud], end)


def _told(pipeline: Pipeline, since: datetime, until: datetime) -> dict[datetime, str]:
    rows = pipeline.occurrences.filter(at__gte=since, at__lt=until)
    assert not rows.filter(due=None).exists(), list(rows.filter(due=None).values("at", "run_id"))
    return {row.due: f"{row.status}:{row.cause_code}" for row in rows}


def _as_promised(
    year: Year, cloud: str, told: dict[datetime, str], since: datetime, until: datetime
) -> None:
    """The instants that the cloud observed are those of cron's meaning, clock changes included."""
    _, cron, zone = SCHEDULES[cloud]
    pauses = [(each.until, each.ceased) for each in year.made[cloud].promises.exclude(until=None)]
    promises = list(year.made[cloud].promises.all())
    wanted = [
        due
        for due in check_schedule(cron, zone).firings(since, until)
        if any(each.since <= due and (each.until is None or due < each.until) for each in promises)
    ]
    assert sorted(told) == wanted, pauses
    answered = Occurrence.objects.filter(pipeline=year.made[cloud], run__isnull=False)
    for row in answered.select_related("run"):
        assert timedelta(0) <= row.run.started - row.due < 12 * MINUTE

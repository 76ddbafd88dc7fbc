"""What only the cloud knows, asked there: logs, instances, event logs, what an account has."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from dashboard.models import AuditEntry, Connection, Pipeline, Run, Step
from dashboard.services import asking, event_logs, instances, step_logs
from dashboard.services.entering import Entered, require_level
from provisioning.contracts import (
    Cloud,
    EventPage,
    Instance,
    Level,
    LoggedEvent,
    LogLine,
    LogPage,
    ReplayRecord,
    RunStatus,
    WorkflowState,
)
from provisioning.errors import CloudAway, NotPossible, PermissionDenied
from tests.dashboard.api.conftest import Caller, fields

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ARN = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/skyclock-churn"


def event(number: int) -> LoggedEvent:
    at = NOON + timedelta(minutes=number)
    return LoggedEvent(id=f"e{number}", time=at, source="shop", type="paid", detail={"n": number})


@dataclass
class ToldCloud:
    """A Blueprint, a reader and an event log in one, that say what a test wrote down."""

    kind = "aws_sagemaker_pipeline"
    label = "SageMaker pipeline"
    cloud = Cloud.AWS
    asked: list[Any] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    error: Exception | None = None
    seconds: float = 0.0
    machines: dict[str, str] = field(default_factory=dict)
    events_: tuple[LoggedEvent, ...] | None = None
    page: int = 2

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        time.sleep(self.seconds)
        if self.error:
            raise self.error

    def reader(self, session: Any, spec: Any) -> ToldCloud:
        return self

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        self._ask("log", cloud_id, step, cursor)
        line = LogLine(time=NOON, text=f"{step or 'run'} {cursor}")
        return LogPage(lines=(line,), cursor=None if cursor else "more")

    def instances(self, session: Any, spec: Any) -> tuple[Instance, ...]:
        self._ask("instances")
        return tuple(
            Instance(name=name, kind="Notebook instance", status=status, cloud_status=status)
            for name, status in self.machines.items()
        )

    def switch_instance(self, session: Any, spec: Any, name: str, *, running: bool) -> None:
        self._ask("switch", name, running)
        self.machines[name] = "changing"

    def event_log(self, session: Any, spec: Any) -> ToldCloud | None:
        return self if self.events_ is not None else None

    def events(self, *, since: Any, until: Any, cursor: str | None = None) -> EventPage:
        self._ask("events", since, until, cursor)
        begin = int(cursor or 0)
        end = begin + self.page
        assert self.events_ is not None
        more = str(end) if end < len(self.events_) else None
        return EventPage(events=self.events_[begin:end], cursor=more)

    def state(self, events: Any) -> WorkflowState:
        last = events[-1].id if events else ""
        return WorkflowState(step="training", data=last, facts={"events": str(len(events))})

    def replay(self, *, since: Any, until: Any, again: bool, token: str) -> str:
        self._ask("replay", since, until, again)
        return "replay-1"

    def replays(self) -> tuple[ReplayRecord, ...]:
        self._ask("replays")
        return (
            ReplayRecord(
                name="replay-1", status=RunStatus.RUNNING, cloud_status="RUNNING", since=NOON,
                until=NOON + timedelta(hours=1),
            ),
        )  # fmt: skip


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> ToldCloud:
    cloud = ToldCloud()
    cache.clear()

    def enter(pipeline: Pipeline, level: Level) -> Entered:
        require_level(pipeline.connection, level)
        cloud.levels.append(level)
        return Entered(blueprint=cloud, session=None, spec=None)

    for service in (step_logs, instances, event_logs):
        monkeypatch.setattr(service, "enter", enter)
    return cloud


# ── Logs ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def step(run: Run) -> Step:
    return Step.objects.create(
        run=run, position=0, name="train", kind="Training", status="succeeded"
    )


def test_a_log_is_asked_for_page_by_page(
    told: ToldCloud, api: Caller, run: Run, step: Step
) -> None:
    path = f"/runs/{run.pk}/steps/train/log"
    first = api.get(path)
    assert first == {
        "lines": [{"time": "2026-03-02T12:00:00Z", "text": "train None"}], "cursor": "more",
        "note": "",
    }  # fmt: skip
    assert api.get(f"{path}?cursor=more")["cursor"] is None
    assert told.asked == [("log", run.cloud_id, "train", None), ("log", run.cloud_id, "train",
                                                                "more")]  # fmt: skip
    assert set(told.levels) == {Level.OBSERVE}


def test_a_run_has_a_log_of_its_own(told: ToldCloud, api: Caller, run: Run) -> None:
    assert api.get(f"/runs/{run.pk}/log")["lines"][0]["text"] == "run None"


def test_names_of_steps_may_be_as_clouds_have_them(told: ToldCloud, api: Caller, run: Run) -> None:
    Step.objects.create(run=run, position=0, name="Für jede Datei (1)", kind="ForEach", status="x")
    path = f"/runs/{run.pk}/steps/F%C3%BCr%20jede%20Datei%20(1)/log"
    assert api.get(path)["lines"][0]["text"] == "Für jede Datei (1) None"


def test_a_step_that_there_is_not_is_not_asked_for(
    told: ToldCloud, api: Caller, run: Run, step: Step
) -> None:
    api.get(f"/runs/{run.pk}/steps/other/log", expect=404)
    assert told.asked == []


def test_the_same_look_asks_once_in_a_while(
    told: ToldCloud, api: Caller, run: Run, step: Step
) -> None:
    path = f"/runs/{run.pk}/steps/train/log"
    assert api.get(path) == api.get(path)
    assert len(told.asked) == 1
    api.get(f"/runs/{run.pk}/log")
    assert len(told.asked) == 2


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotPossible("There are no logs."), 409),
        (PermissionDenied("You may not."), 409),
        (CloudAway("Nobody there."), 503),
    ],
)
def test_what_the_cloud_says_is_told_and_not_remembered(
    error: Exception, status: int, told: ToldCloud, api: Caller, run: Run
) -> None:
    told.error = error
    assert api.get(f"/runs/{run.pk}/log", expect=status)["detail"] == str(error)
    told.error = None
    api.get(f"/runs/{run.pk}/log")


def test_a_cloud_that_takes_too_long_is_not_waited_for(
    told: ToldCloud, api: Caller, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = asking.within
    monkeypatch.setattr(asking, "within", lambda ask: real(ask, seconds=0.05))
    told.seconds = 5
    began = time.monotonic()
    refused = api.get(f"/runs/{run.pk}/log", expect=503)
    assert time.monotonic() - began < 4
    assert "did not answer within" in refused["detail"]


@pytest.mark.parametrize("cursor", ["", "x" * 5000])
def test_odd_cursors(cursor: str, told: ToldCloud, api: Caller, run: Run) -> None:
    answer = api("GET", f"/runs/{run.pk}/log?cursor={cursor}")
    assert answer.status_code == (422 if cursor else 200)


# ── Instances ───────────────────────────────────────────────────────────────────────


def test_instances_are_shown_started_and_stopped(
    told: ToldCloud, api: Caller, deployed: Pipeline
) -> None:
    path = f"/pipelines/{deployed.pk}/instances"
    assert api.get(path) == []
    told.machines = {"notebook": "stopped"}
    (shown,) = api.get(path)
    assert (shown["name"], shown["status"], shown["url"]) == ("notebook", "stopped", None)
    assert api.post(f"{path}/notebook/start", expect=202)["status"] == "changing"
    api.post(f"{path}/notebook/stop", expect=202)
    switched = [asked[1:] for asked in told.asked if asked[0] == "switch"]
    assert switched == [("notebook", True), ("notebook", False)]
    entries = AuditEntry.objects.filter(action__startswith="instance.").order_by("pk")
    assert [entry.action for entry in entries] == ["instance.start", "instance.stop"]
    assert {entry.actor.username for entry in entries} == {"mel"}
    assert {entry.detail["instance"] for entry in entries} == {"notebook"}


def test_an_instance_that_there_is_not_is_not_touched(
    told: ToldCloud, api: Caller, deployed: Pipeline
) -> None:
    refused = api.post(f"/pipelines/{deployed.pk}/instances/other/start", expect=409)
    assert refused["detail"] == "This pipeline has no instance 'other'."
    assert ("switch", "other", True) not in told.asked


def test_the_connection_has_to_allow_it(told: ToldCloud, api: Caller, deployed: Pipeline) -> None:
    told.machines, told.events_ = {"notebook": "stopped"}, ()
    Connection.objects.update(level="observe")
    path = f"/pipelines/{deployed.pk}"
    api.get(f"{path}/instances")
    api.get(f"{path}/events")
    refused = api.post(f"{path}/instances/notebook/start", expect=409)
    assert "for observe only" in refused["detail"]
    window = {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}
    assert "for observe only" in api.post(f"{path}/replays", window, expect=409)["detail"]


# ── Event logs ──────────────────────────────────────────────────────────────────────


def test_events_are_listed_in_order(told: ToldCloud, api: Caller, deployed: Pipeline) -> None:
    told.events_ = tuple(map(event, range(3)))
    path = f"/pipelines/{deployed.pk}/events"
    page = api.get(f"{path}?since=2026-03-02T12:00:00Z&until=2026-03-03T00:00:00Z")
    assert [each["id"] for each in page["events"]] == ["e0", "e1"]
    assert told.asked == [("events", NOON, NOON + timedelta(hours=12), None)]
    rest = api.get(f"{path}?cursor={page['cursor']}")
    assert ([each["id"] for each in rest["events"]], rest["cursor"]) == (["e2"], None)
    api.get(f"{path}?since=2026-03-02T12:00:00", expect=422)


def test_the_state_at_any_event_is_rebuilt_from_the_first_on(
    told: ToldCloud, api: Caller, deployed: Pipeline
) -> None:
    told.events_ = tuple(map(event, range(5)))
    path = f"/pipelines/{deployed.pk}/state"
    for number in range(5):
        state = api.get(f"{path}?at=e{number}")
        assert (state["data"], state["facts"]) == (f"e{number}", {"events": str(number + 1)})
    assert api.get(path)["data"] == "e4"
    assert set(fields(api.get(f"{path}?at=e9", expect=422))) == {"at"}
    told.events_ = ()
    assert api.get(path)["facts"] == {"events": "0"}


def test_a_log_beyond_all_measure_is_not_read(
    told: ToldCloud, api: Caller, deployed: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_logs, "MOST_EVENTS", 3)
    told.events_ = tuple(map(event, range(5)))
    path = f"/pipelines/{deployed.pk}/state"
    assert api.get(f"{path}?at=e2")["data"] == "e2"
    assert "more than 3 events" in api.get(f"{path}?at=e4", expect=409)["detail"]


def test_a_window_is_replayed(told: ToldCloud, api: Caller, deployed: Pipeline) -> None:
    told.events_ = ()
    path = f"/pipelines/{deployed.pk}/replays"
    window = {"since": "2026-03-02T12:00:00Z", "until": "2026-03-02T13:00:00Z"}
    assert api.post(path, window, expect=202) == {"name": "replay-1"}
    api.post(path, {**window, "again": True}, expect=202)
    assert [asked[3] for asked in told.asked if asked[0] == "replay"] == [False, True]
    entry = AuditEntry.objects.filter(action="events.replay").latest("pk")
    assert (entry.detail["replay"], entry.detail["again"]) == ("replay-1", True)
    (shown,) = api.get(path)
    assert (shown["name"], shown["status"], shown["finished"]) == ("replay-1", "running", None)


@pytest.mark.parametrize(
    "window",
    [
        {"since": "2026-03-02T13:00:00Z", "until": "2026-03-02T13:00:00Z"},
        {"since": "2026-03-02T13:00:00Z", "until": "2026-03-02T12:00:00Z"},
        {"since": "2026-03-02T13:00:00Z", "until": "2996-03-02T12:00:00Z"},
    ],
)
def test_windows_that_cannot_be_replayed(
    window: dict[str, str], told: ToldCloud, api: Caller, deployed: Pipeline
) -> None:
    told.events_ = ()
    refused = api.post(f"/pipelines/{deployed.pk}/replays", window, expect=422)
    assert set(fields(refused)) == {"until"}


def test_others_keep_no_log_and_say_so(told: ToldCloud, api: Caller, deployed: Pipeline) -> None:
    for path in ("events", "state", "replays"):
        refused = api.get(f"/pipelines/{deployed.pk}/{path}", expect=409)
        assert refused["detail"] == "A SageMaker pipeline keeps no log of its events."


def test_blueprints_say_what_their_cloud_does_otherwise(
    api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in api.get("/blueprints"):
        assert set(each["effects"]) == {"pause", "stop", "run_now", "from_failure"}

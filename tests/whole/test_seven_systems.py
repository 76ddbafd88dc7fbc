"""Each of the seven systems, on the running product: deployed, started by its own triggers, its
runs with steps and logs, deployed again without a change, destroyed without a trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from tests.whole.product import Client

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

HOURLY = {"kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}
DAILY = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}
CSV = {"kind": "object_created", "prefix": "data/", "suffix": ".csv"}
READY = {"kind": "event", "source": "my.application", "types": ["dataset.ready"]}
Stimulus = Callable[[Client, int], None]


def drop(*keys: str) -> Stimulus:
    def put(client: Client, pipeline: int) -> None:
        for key in keys:
            body = {"pipeline": pipeline, "key": key, "content": "a,b\n1,2\n"}
            client.post("/sandbox/objects", body, expect=201)

    return put


def send(type: str = "dataset.ready") -> Stimulus:
    def emit(client: Client, pipeline: int) -> None:
        body = {
            "pipeline": pipeline, "source": "my.application", "type": type,
            "detail": {"data": "data/x.csv", "rows": 240},
        }  # fmt: skip
        client.post("/sandbox/events", body, expect=201)

    return emit


def land_and_tell(client: Client, pipeline: int) -> None:
    """An object that starts nothing itself, and the event that names it."""
    drop("data/x.csv")(client, pipeline)
    send()(client, pipeline)


def pass_hours(count: int) -> Stimulus:
    def advance(client: Client, pipeline: int) -> None:
        client.post("/sandbox/clock", {"advance": f"PT{count}H"})

    return advance


@dataclass(frozen=True)
class System:
    kind: str
    connection: str
    triggers: tuple[dict[str, Any], ...]
    starts: tuple[tuple[Stimulus, str], ...]  # what to do, and the kind of trigger that starts
    ignored: Stimulus | None = None


SYSTEMS = (
    System(
        "aws_sagemaker_pipeline", "Sandbox AWS", (DAILY, CSV, READY),
        ((drop("data/x.csv"), "object_created"), (send(), "event"), (pass_hours(25), "schedule")),
        drop("other/x.csv", "data/x.txt"),
    ),
    System(
        "aws_s3_retraining", "Sandbox AWS", (CSV,),
        ((drop("data/x.csv"), "object_created"),),
        drop("other/x.csv", "data/x.txt"),
    ),
    System(
        "aws_stepfunctions_training", "Sandbox AWS", (HOURLY,), ((pass_hours(1), "schedule"),)
    ),
    System(
        "aws_event_sourced_training", "Sandbox AWS", (READY,), ((land_and_tell, "event"),),
        send("dataset.draft"),
    ),
    System(
        "azure_data_factory", "Sandbox Azure", (DAILY, CSV, READY),
        ((drop("data/x.csv"), "object_created"), (send(), "event"), (pass_hours(25), "schedule")),
        drop("other/x.csv", "data/x.txt"),
    ),
    System(
        "google_data_pipeline", "Sandbox Google", (HOURLY, CSV),
        ((drop("data/x.csv"), "object_created"), (pass_hours(1), "schedule")),
        drop("other/x.csv", "data/x.txt"),
    ),
    System(
        "google_eventarc_retraining", "Sandbox Google", (CSV,),
        ((drop("data/x.csv"), "object_created"),),
        drop("other/x.csv", "data/x.txt"),
    ),
)  # fmt: skip


def runs_of(client: Client, pipeline: int) -> list[dict[str, Any]]:
    client.post("/sandbox/clock", {"advance": "PT5M"})
    client.post(f"/pipelines/{pipeline}/sync")
    found: list[dict[str, Any]] = client.get(f"/runs?pipeline={pipeline}&limit=200")["items"]
    return found


def by_kind(client: Client, pipeline: int, runs: list[dict[str, Any]]) -> dict[str, int]:
    kinds = {each["key"]: each["kind"] for each in client.get(f"/pipelines/{pipeline}")["triggers"]}
    found: dict[str, int] = {}
    for run in runs:
        kind = kinds.get(run["trigger"], run["trigger"])
        found[kind] = found.get(kind, 0) + 1
    return found


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda each: each.kind)
def test_it_deploys_runs_and_shows_its_history(client: Client, system: System) -> None:
    example = next(b["example"] for b in client.get("/blueprints") if b["kind"] == system.kind)
    made = client.post(
        "/pipelines",
        {
            "name": f"walk {system.kind}", "connection": system.connection,
            "blueprint": system.kind, "settings": example, "triggers": list(system.triggers),
        },
        expect=201,
    )  # fmt: skip
    id = made["id"]
    up = client.deploy(id)
    assert up["status"] == "succeeded", up["error"]
    proven = client.get(f"/pipelines/{id}")["triggers"]
    assert {each["state"] for each in proven} == {"active"}, proven

    if system.ignored:
        system.ignored(client, id)
        started = by_kind(client, id, runs_of(client, id))
        assert set(started) <= {"schedule"}, "its hour may have come meanwhile"
    seen: dict[str, int] = {}
    for stimulus, kind in system.starts:
        before = seen.get(kind, 0)
        stimulus(client, id)
        seen = client.until(
            lambda: by_kind(client, id, runs_of(client, id)),
            lambda found, kind=kind, before=before: found.get(kind, 0) > before,
        )
    assert seen.get("object_created", 0) <= 1 and seen.get("event", 0) <= 1, seen

    runs = client.until(
        lambda: runs_of(client, id),
        lambda found: all(each["status"] == "succeeded" for each in found),
    )
    newest = client.get(f"/runs/{runs[0]['id']}")
    assert newest["steps"], newest
    assert any(_has_log(client, newest["id"], step["name"]) for step in newest["steps"])

    again = client.deploy(id)
    assert (again["changes"]["create"], again["changes"]["update"]) == (0, 0), again
    down = client.deploy(id, "destroy")
    assert down["status"] == "succeeded", down
    assert client.get(f"/pipelines/{id}")["may_exist_in_cloud"] is False
    assert len(client.get(f"/runs?pipeline={id}&limit=200")["items"]) >= len(runs)


def _has_log(client: Client, run: int, step: str) -> bool:
    answer = client.call("GET", f"/runs/{run}/steps/{quote(step, safe='')}/log")
    return answer.status == 200 and bool(answer.body["lines"])

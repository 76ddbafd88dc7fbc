"""Schedule triggers fire by Azure's rules, on the sandbox's clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from provisioning.sandbox.faults import Fault
from tests.sandbox.azure.definitions import pipeline, schedule, starts, wait
from tests.sandbox.azure.running import Factory


@pytest.fixture
def ready(adf: Factory) -> Factory:
    adf.put("p", pipeline(wait("w", 1), parameters={"at": {"type": "String"}}))
    return adf


AT = starts("p", at="@trigger().scheduledTime")


def fired(adf: Factory) -> list[str]:
    """When, oldest first."""
    runs = adf.trigger_runs(orderBy=[{"orderBy": "TriggerRunTimestamp", "order": "ASC"}])
    return [run["properties"]["ScheduleTime"] for run in runs]


def daily(hour: int = 3, **more: Any) -> dict[str, Any]:
    return schedule(AT, schedule={"hours": [hour], "minutes": [0]}, **more)


def test_it_fires_on_its_times_and_starts_the_pipeline(ready: Factory) -> None:
    ready.begin("t", daily())
    ready.azure.advance("P3D")
    assert fired(ready) == [f"2027-03-0{day}T03:00:00Z" for day in (2, 3, 4)]

    trigger_run = ready.trigger_runs()[0]
    assert (trigger_run["triggerName"], trigger_run["status"]) == ("t", "Succeeded")
    run = ready.get(trigger_run["triggeredPipelines"]["p"])
    assert run["status"] == "Succeeded"
    assert run["invokedBy"] == {
        "id": trigger_run["triggerRunId"], "name": "t", "invokedByType": "ScheduleTrigger",
        "pipelineName": None, "pipelineRunId": None,
    }  # fmt: skip
    assert run["parameters"]["at"] == "2027-03-04T03:00:00.0000000Z"


def test_what_lies_before_the_start_is_not_made_up_for(ready: Factory) -> None:
    ready.client.triggers.create_or_update(*ready.where, "t", daily())
    ready.azure.advance("P2D")
    assert fired(ready) == []
    ready.client.triggers.begin_start(*ready.where, "t").result()
    ready.azure.advance("P1D")
    assert fired(ready) == ["2027-03-04T03:00:00Z"]


def test_a_stopped_one_is_silent(ready: Factory) -> None:
    ready.begin("t", daily())
    ready.client.triggers.begin_stop(*ready.where, "t").result()
    ready.azure.advance("P2D")
    assert fired(ready) == []


def test_it_ends_at_its_end(ready: Factory) -> None:
    ready.begin("t", daily(endTime="2027-03-03T12:00:00Z"))
    ready.azure.advance("P7D")
    assert len(fired(ready)) == 2


def test_intervals_are_counted_from_the_start(ready: Factory) -> None:
    ready.begin("t", schedule(AT, frequency="Hour", interval=8, startTime="2027-02-28T22:30:00Z"))
    ready.azure.advance("P1D")
    assert fired(ready) == [
        "2027-03-01T14:30:00Z", "2027-03-01T22:30:00Z", "2027-03-02T06:30:00Z",
    ]  # fmt: skip


def test_the_wall_clock_of_a_windows_zone_is_kept(ready: Factory) -> None:
    """Germany's clocks go forward on 28 March 2027."""
    ready.azure.advance("P26D")
    recurrence = {"timeZone": "W. Europe Standard Time", "startTime": "2027-01-01T00:00:00"}
    ready.begin("t", daily(9, **recurrence))
    ready.azure.advance("P2D")
    assert fired(ready) == ["2027-03-28T07:00:00Z", "2027-03-29T07:00:00Z"]


def test_it_starts_several_pipelines(ready: Factory) -> None:
    ready.put("q", pipeline(wait("w", 1)))
    ready.begin("t", schedule(AT, starts("q"), schedule={"hours": [3], "minutes": [0]}))
    ready.azure.advance("P1D")
    assert set(ready.trigger_runs()[0]["triggeredPipelines"]) == {"p", "q"}
    assert len(ready.runs()) == 2


def test_a_pipeline_that_cannot_begin_fails_the_trigger_run(ready: Factory) -> None:
    ready.begin("t", schedule(starts("p"), schedule={"hours": [3], "minutes": [0]}))
    ready.azure.advance("P1D")
    (run,) = ready.trigger_runs()
    assert run["status"] == "Failed"
    assert "template parameter 'at' is not provided" in run["message"]
    assert ready.runs() == []


def test_firings_of_a_downtime_happen_afterwards(ready: Factory) -> None:
    ready.begin("t", daily())
    ready.azure.stop()
    ready.azure.let_pass(timedelta(days=3))
    ready.azure.start()
    ready.azure.advance("PT1M")
    assert len(fired(ready)) == 3


def test_firings_can_be_dropped_and_delayed(ready: Factory) -> None:
    faults = ready.azure.world.faults.table
    lost = Fault(kind="drop_firing", cloud="azure", match="t", count=1, message="Lost.")
    faults.put(lost)
    ready.begin("t", daily())
    ready.azure.advance("P1D")
    assert fired(ready) == []
    last = ready.azure.world.journal.entries()[-1]
    assert (last.outcome, last.reason) == ("dropped", "Lost.")

    faults.put(Fault(kind="delay", cloud="azure", match="*/t", seconds=3600, count=1))
    ready.azure.advance("PT15H30M")
    assert fired(ready) == []
    ready.azure.restart()
    ready.azure.advance("PT1H")
    assert fired(ready) == ["2027-03-03T03:00:00Z"]


UNFIT: dict[str, dict[str, Any]] = {
    "a schedule by the minute": {"frequency": "Minute", "schedule": {"minutes": [1]}},
    "weekdays in a month": {"frequency": "Month", "schedule": {"weekDays": []}},
    "a start of no zone": {"startTime": "2027-01-01T00:00:00"},
    "an unknown zone": {"timeZone": "Middle Earth Standard Time"},
    "a day that is none": {"frequency": "Month", "schedule": {"monthDays": [32]}},
    "a start far away": {"startTime": "2029-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("unfit", UNFIT)
def test_what_cannot_fire_cannot_be_started(ready: Factory, unfit: str) -> None:
    triggers = ready.client.triggers
    triggers.create_or_update(*ready.where, "t", schedule(AT, **UNFIT[unfit]))
    with pytest.raises(HttpResponseError) as caught:
        triggers.begin_start(*ready.where, "t")
    assert caught.value.error.code.startswith("InvalidWorkflowTriggerRecurrence")


def test_runs_of_a_schedule_cannot_be_run_again_by_the_trigger(ready: Factory) -> None:
    ready.begin("t", daily())
    ready.azure.advance("P1D")
    run = ready.trigger_runs()[0]["triggerRunId"]
    with pytest.raises(HttpResponseError) as caught:
        ready.client.trigger_runs.rerun(*ready.where, "t", run)
    assert caught.value.error.message == "Invalid trigger type: ScheduleTrigger"

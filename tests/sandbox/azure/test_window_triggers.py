"""Tumbling window triggers: no window is left out, none runs twice."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from provisioning.sandbox.faults import Fault
from tests.sandbox.azure.definitions import activity, pipeline, reference, starts, wait, windows
from tests.sandbox.azure.running import Factory

OF_WINDOW = starts(
    "p",
    since="@formatDateTime(trigger().outputs.windowStartTime, 'HH:mm')",
    until="@formatDateTime(trigger().outputs.windowEndTime, 'HH:mm')",
)
OLDEST = [{"orderBy": "TriggerRunTimestamp", "order": "ASC"}]


@pytest.fixture
def ready(adf: Factory) -> Factory:
    parameters = {name: {"type": "String"} for name in ("since", "until")}
    adf.put("p", pipeline(wait("w", 60), parameters=parameters))
    return adf


def spans(adf: Factory, name: str = "t") -> list[str]:
    """The windows of the pipeline's runs, oldest first."""
    by_trigger = [run for run in adf.runs() if run["invokedBy"]["name"] == name]
    return [f"{run['parameters']['since']}-{run['parameters']['until']}"
            for run in sorted(by_trigger, key=lambda run: run["runStart"])]  # fmt: skip


def states(adf: Factory, name: str = "t") -> list[str]:
    found = [run for run in adf.trigger_runs(orderBy=OLDEST) if run["triggerName"] == name]
    return [run["status"] for run in found]


def test_windows_that_have_passed_are_made_up_for_oldest_first(ready: Factory) -> None:
    """The clock shows 12:00; windows begin at 10:00."""
    ready.begin("t", windows(OF_WINDOW, maxConcurrency=1))
    ready.azure.advance("PT10S")
    assert spans(ready) == ["10:00-11:00"]
    ready.azure.advance("PT2H5M")
    assert spans(ready) == ["10:00-11:00", "11:00-12:00", "12:00-13:00", "13:00-14:00"]
    assert states(ready) == ["Succeeded"] * 4


def test_a_window_runs_when_it_has_passed_and_the_delay_too(ready: Factory) -> None:
    start = "2027-03-01T12:00:00Z"
    ready.begin("t", windows(OF_WINDOW, startTime=start, delay="00:20:00"))
    ready.azure.advance("PT1H10M")
    assert spans(ready) == []
    ready.azure.advance("PT20M")
    assert spans(ready) == ["12:00-13:00"]


def test_no_more_at_once_than_allowed(ready: Factory) -> None:
    ready.put("p", pipeline(wait("w", 600), parameters={
        name: {"type": "String"} for name in ("since", "until")}))  # fmt: skip
    ready.begin("t", windows(OF_WINDOW, startTime="2027-03-01T02:00:00Z", maxConcurrency=3))
    ready.azure.advance("PT1M")
    assert len(spans(ready)) == 3
    ready.azure.advance("PT45M")
    assert len(spans(ready)) == 10


def test_a_failed_window_is_tried_again_and_then_given_up(ready: Factory) -> None:
    faults = ready.azure.world.faults.table
    faults.put(Fault(kind="fail_step", cloud="azure", match="w", count=2))
    policy = {"count": 1, "intervalInSeconds": 60}
    ready.begin("t", windows(OF_WINDOW, retryPolicy=policy, maxConcurrency=1))
    ready.azure.advance("PT30M")
    assert states(ready) == ["Failed", "Succeeded"]
    assert spans(ready) == ["10:00-11:00", "10:00-11:00", "11:00-12:00"]


def test_it_goes_on_where_it_was_stopped(ready: Factory) -> None:
    ready.begin("t", windows(OF_WINDOW))
    ready.azure.advance("PT10M")
    ready.client.triggers.begin_stop(*ready.where, "t").result()
    ready.azure.advance("PT2H")
    assert len(spans(ready)) == 2
    ready.client.triggers.begin_start(*ready.where, "t").result()
    ready.azure.advance("PT10M")
    assert spans(ready)[2:] == ["12:00-13:00", "13:00-14:00"]


def test_its_end_cuts_no_window(ready: Factory) -> None:
    ready.begin("t", windows(OF_WINDOW, endTime="2027-03-01T12:30:00Z"))
    ready.azure.advance("P1D")
    assert spans(ready) == ["10:00-11:00", "11:00-12:00"]


def test_a_window_waits_for_the_one_before_it(ready: Factory) -> None:
    faults = ready.azure.world.faults.table
    faults.put(Fault(kind="fail_step", cloud="azure", match="w", count=1))
    own = {"type": "SelfDependencyTumblingWindowTriggerReference", "offset": "-01:00:00"}
    ready.begin("t", windows(OF_WINDOW, dependsOn=[own]))
    ready.azure.advance("PT30M")
    assert states(ready) == ["Failed", "Inprogress"]
    second = ready.trigger_runs(orderBy=OLDEST)[1]
    assert second["dependencyStatus"] == {"t": "Failed"}

    failed = ready.trigger_runs(orderBy=OLDEST)[0]
    ready.client.trigger_runs.rerun(*ready.where, "t", failed["triggerRunId"])
    ready.azure.advance("PT20M")
    assert sorted(states(ready)) == ["Failed", "Succeeded", "Succeeded"]
    latest = [{"operand": "LatestOnly", "operator": "Equals", "values": ["true"]}]
    assert {run["status"] for run in ready.trigger_runs(filters=latest)} == {"Succeeded"}


def test_a_window_waits_for_those_of_another_trigger(ready: Factory) -> None:
    """Two-hour windows wait for both hours of the other."""
    other = {
        "type": "TumblingWindowTriggerDependencyReference",
        "referenceTrigger": reference("hourly", "TriggerReference"),
    }
    start = "2027-03-01T12:00:00Z"
    ready.client.triggers.create_or_update(
        *ready.where, "hourly", windows(OF_WINDOW, startTime=start, delay="00:30:00")
    )
    ready.begin("t", windows(OF_WINDOW, startTime=start, interval=2, dependsOn=[other]))
    ready.client.triggers.begin_start(*ready.where, "hourly").result()
    ready.azure.advance("PT2H20M")
    assert spans(ready) == []
    ready.azure.advance("PT20M")
    assert spans(ready, "hourly") == ["12:00-13:00", "13:00-14:00"]
    assert spans(ready) == ["12:00-14:00"]


def test_a_window_can_be_cancelled(ready: Factory) -> None:
    ready.begin("t", windows(OF_WINDOW, maxConcurrency=1))
    ready.azure.advance("PT10S")
    run = ready.trigger_runs()[0]
    ready.client.trigger_runs.cancel(*ready.where, "t", run["triggerRunId"])
    ready.azure.advance("PT10S")
    assert ready.get(run["triggeredPipelines"]["p"])["status"] == "Cancelled"
    assert states(ready)[0] == "Cancelled"
    with pytest.raises(HttpResponseError):
        ready.client.trigger_runs.cancel(*ready.where, "t", run["triggerRunId"])


def test_months_are_windows_too(adf: Factory) -> None:
    days = "@formatDateTime(trigger().outputs.windowStartTime, 'yyyy-MM-dd')"
    say = activity("say", "SetVariable", {"variableName": "v", "value": "@pipeline().parameters.d"})
    adf.put("p", pipeline(say, parameters={"d": {"type": "String"}},
                          variables={"v": {"type": "String"}}))  # fmt: skip
    adf.begin(
        "t", windows(starts("p", d=days), frequency="Month", startTime="2026-12-01T00:00:00Z")
    )
    adf.azure.advance("P40D")
    found = sorted(run["parameters"]["d"] for run in adf.runs())
    assert found == ["2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01"]


def test_a_restart_neither_loses_nor_doubles_a_window(ready: Factory) -> None:
    ready.begin("t", windows(OF_WINDOW, startTime="2027-03-01T06:00:00Z", maxConcurrency=2))
    for _ in range(6):
        ready.azure.advance("PT1M")
        ready.azure.restart()
    ready.azure.advance("PT30M")
    expected = [f"{hour:02d}:00-{hour + 1:02d}:00" for hour in range(6, 12)]
    assert sorted(spans(ready)) == expected


def test_a_dropped_window_is_told_as_failed(ready: Factory) -> None:
    faults = ready.azure.world.faults.table
    faults.put(Fault(kind="drop_firing", cloud="azure", match="t", count=1))
    ready.begin("t", windows(OF_WINDOW))
    ready.azure.advance("PT30M")
    assert spans(ready) == ["11:00-12:00"]
    assert states(ready) == ["Failed", "Succeeded"]


def deleted(adf: Factory) -> Any:
    adf.client.triggers.begin_stop(*adf.where, "t").result()
    return adf.client.triggers.delete(*adf.where, "t")


def test_a_trigger_made_anew_begins_anew(ready: Factory) -> None:
    ready.begin("t", windows(OF_WINDOW))
    ready.azure.advance("PT10M")
    deleted(ready)
    ready.begin("t", windows(OF_WINDOW))
    ready.azure.advance("PT10M")
    assert sorted(spans(ready)) == ["10:00-11:00"] * 2 + ["11:00-12:00"] * 2

"""Runs that take up an earlier one."""

from __future__ import annotations

from provisioning.sandbox.faults import Fault
from tests.sandbox.azure.definitions import activity, pipeline, schedule, starts, wait
from tests.sandbox.azure.running import Factory

STEPS = pipeline(
    activity("first", "SetVariable", {"variableName": "v", "value": "@pipeline().RunId"}),
    wait("second", 5, after={"first": ["Succeeded"]}),
    activity(
        "third", "SetVariable",
        {"variableName": "v", "value": "@activity('first').output.value"},
        after={"second": ["Succeeded"]},
    ),
    variables={"v": {"type": "String"}},
    parameters={"p": {"type": "String"}},
)  # fmt: skip


def failed_once(adf: Factory, name: str = "second") -> str:
    adf.put("p", STEPS)
    adf.azure.world.faults.table.put(Fault(kind="fail_step", cloud="azure", match=name, count=1))
    run = adf.run("p", {"p": "given"})
    assert run["status"] == "Failed"
    return str(run["runId"])


def test_from_the_failure_on_only_what_is_left_runs(adf: Factory) -> None:
    before = failed_once(adf)
    again = adf.start(
        "p", reference_pipeline_run_id=before, is_recovery=True, start_from_failure=True
    )
    adf.azure.advance("PT1H")
    run = adf.get(again)
    assert run["status"] == "Succeeded"
    assert set(adf.outcomes(again)) == {"second", "third"}
    assert adf.output(again, "third")["value"] == before, "the first one's output is known"
    assert run["parameters"] == {"p": "given"}


def test_the_runs_of_one_group_know_the_latest(adf: Factory) -> None:
    before = failed_once(adf)
    again = adf.start("p", reference_pipeline_run_id=before, is_recovery=True)
    adf.azure.advance("PT1H")
    first, second = adf.get(before), adf.get(again)

    assert first["runGroupId"] == second["runGroupId"] == before
    assert (first["isLatest"], second["isLatest"]) == (False, True)
    assert set(adf.outcomes(again)) == {"first", "second", "third"}
    latest = [{"operand": "LatestOnly", "operator": "Equals", "values": ["true"]}]
    assert [run["runId"] for run in adf.runs(filters=latest)] == [again]


def test_from_a_named_activity_on_everything_after_it_runs(adf: Factory) -> None:
    adf.put("p", STEPS)
    before = str(adf.run("p", {"p": "given"})["runId"])
    again = adf.start(
        "p", reference_pipeline_run_id=before, is_recovery=True, start_activity_name="second"
    )
    adf.azure.advance("PT1H")
    assert adf.get(again)["status"] == "Succeeded"
    assert set(adf.outcomes(again)) == {"second", "third"}


def test_what_a_run_knew_of_its_trigger_a_recovery_knows_too(adf: Factory) -> None:
    say = activity("say", "SetVariable", {"variableName": "v", "value": "@trigger().scheduledTime"})
    adf.put("p", pipeline(say, variables={"v": {"type": "String"}}))
    adf.begin("t", schedule(starts("p"), schedule={"hours": [3], "minutes": [0]}))
    adf.azure.world.faults.table.put(Fault(kind="fail_step", cloud="azure", match="say", count=1))
    adf.azure.advance("P1D")
    (before,) = adf.runs()
    again = adf.start("p", reference_pipeline_run_id=before["runId"], is_recovery=True)
    adf.azure.advance("PT1M")
    assert before["status"] == "Failed"
    assert adf.output(again, "say")["value"] == "2027-03-02T03:00:00.0000000Z"


def test_a_reference_without_recovery_gives_its_parameters_only(adf: Factory) -> None:
    before = failed_once(adf)
    again = adf.start("p", reference_pipeline_run_id=before)
    adf.azure.advance("PT1H")
    run = adf.get(again)
    assert run["parameters"] == {"p": "given"}
    assert run["runGroupId"] == again

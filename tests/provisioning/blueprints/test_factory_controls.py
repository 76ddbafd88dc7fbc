"""Starting, stopping and repeating runs; test files and events."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.contracts import EventSample, ObjectSample
from provisioning.errors import CloudError, InvalidInput, NotPossible
from tests.provisioning.blueprints.factories import (
    READY,
    Azure,
    activities,
    answering,
    spec,
)

SPEC = spec()
RUN, GROUP = "run-1", "group-1"


def run(**changes: Any) -> dict[str, Any]:
    return {
        "runId": RUN, "runGroupId": GROUP, "pipelineName": "skyclock-sales", "status": "Failed",
        "runStart": "2027-03-02T11:00:00Z", "parameters": {"file": "x.csv", "gone": "1"}, **changes,
    }  # fmt: skip


def started(azure: Azure) -> list[dict[str, Any]]:
    return azure.bodies("createRun")


def test_the_parameters_are_those_of_the_form_without_ours() -> None:
    with answering() as (_, session):
        found = BLUEPRINT.controls(session, SPEC).parameters()
    assert [(each.name, each.kind, each.default) for each in found] == [
        ("file", "string", ""), ("folder", "string", ""),
        ("regions", "string", '["north", "south"]'),
    ]  # fmt: skip


def test_a_run_is_started_with_typed_values_and_its_token() -> None:
    given = BLUEPRINT.validate(
        activities(
            {"kind": "wait", "name": "a", "seconds": 1},
            parameters=[
                {"name": "n", "type": "Int"}, {"name": "b", "type": "Bool", "default": "true"},
                {"name": "l", "type": "Array", "default": "[]"},
            ],
        )
    )  # fmt: skip
    with answering() as (azure, session):
        azure.answers("POST", "/queryPipelineRuns", {"value": []})
        azure.answers("POST", "/createRun", {"runId": RUN})
        controls = BLUEPRINT.controls(session, spec(given=given))
        assert controls.start({"n": "3", "l": '["x"]'}, token="click 1") == RUN
        (body,) = started(azure)
        assert {name: body[name] for name in ("n", "l")} == {"n": 3, "l": ["x"]}
        assert len(body["skyclock_token"]) == 32
        wrong = {"n": "three", "b": "perhaps", "x": "1"}
        with pytest.raises(InvalidInput) as caught:
            controls.start(wrong, token="click 2")
    assert {each.field: each.message for each in caught.value.problems} == {
        "parameters.n": "This has to be a whole number.",
        "parameters.b": "This has to be true or false.",
        "parameters.x": "This pipeline has no parameter 'x'.",
    }


def test_what_has_no_default_has_to_be_given() -> None:
    given = BLUEPRINT.validate(
        activities({"kind": "wait", "name": "a", "seconds": 1}, parameters=[{"name": "day"}])
    )
    with answering() as (_, session), pytest.raises(InvalidInput, match="has no default"):
        BLUEPRINT.controls(session, spec(given=given)).start({}, token="x")


def test_the_same_token_never_starts_a_second_run() -> None:
    with answering() as (azure, session):
        azure.answers("POST", "/queryPipelineRuns", {"value": []})
        azure.answers("POST", "/createRun", {"runId": RUN})
        controls = BLUEPRINT.controls(session, SPEC)
        controls.start({}, token="click")
        carried = started(azure)[0]["skyclock_token"]
        others = [run(runId="other", parameters={"skyclock_token": "of another click"})]
        azure.answers(
            "POST", "/queryPipelineRuns",
            {"value": others, "continuationToken": "more"},
            {"value": [run(parameters={"skyclock_token": carried})]},
        )  # fmt: skip
        assert controls.start({}, token="click") == RUN
        assert len(started(azure)) == 1


def test_a_running_run_is_cancelled_with_what_it_started() -> None:
    with answering() as (azure, session):
        azure.answers("GET", f"/pipelineruns/{RUN}", run(status="InProgress"))
        azure.answers("POST", "/cancel", None)
        BLUEPRINT.controls(session, SPEC).stop(RUN)
        (asked,) = azure.bodies("cancel")
        assert "isRecursive=true" in asked["?"]


def test_an_ended_run_cannot_be_stopped_and_one_that_ends_is_let_end() -> None:
    with answering() as (azure, session):
        azure.answers("GET", f"/pipelineruns/{RUN}", run(status="Succeeded"))
        with pytest.raises(NotPossible, match="already ended: Succeeded"):
            BLUEPRINT.controls(session, SPEC).stop(RUN)
        azure.answers("GET", f"/pipelineruns/{RUN}", run(status="Canceling"))
        BLUEPRINT.controls(session, SPEC).stop(RUN)
        assert azure.bodies("cancel") == []


def test_a_rerun_takes_the_parameters_that_there_still_are() -> None:
    with answering() as (azure, session):
        azure.answers("GET", f"/pipelineruns/{RUN}", run())
        azure.answers("POST", "/queryPipelineRuns", {"value": []})
        azure.answers("POST", "/createRun", {"runId": "run-2"})
        found = BLUEPRINT.controls(session, SPEC).rerun(RUN, from_failure=False, token="again")
        (body,) = started(azure)
    assert (found, body["file"], "gone" in body) == ("run-2", "x.csv", False)


def test_a_rerun_from_the_failure_goes_on_in_the_same_group() -> None:
    with answering() as (azure, session):
        azure.answers("GET", f"/pipelineruns/{RUN}", run())
        azure.answers("POST", "/queryPipelineRuns", {"value": [run()]})
        azure.answers("POST", "/createRun", {"runId": "run-2"})
        controls = BLUEPRINT.controls(session, SPEC)
        assert controls.rerun(RUN, from_failure=True, token="on") == "run-2"
        (asked,) = started(azure)
        for part in (f"referencePipelineRunId={RUN}", "isRecovery=true", "startFromFailure=true"):
            assert part in asked["?"]
        later = run(runId="run-2", runStart="2027-03-02T11:30:00Z", status="InProgress")
        azure.answers("POST", "/queryPipelineRuns", {"value": [later, run()]})
        assert controls.rerun(RUN, from_failure=True, token="on") == "run-2"
        assert len(started(azure)) == 1, "it has been recovered already"


def test_only_what_ended_badly_goes_on_from_where_it_ended() -> None:
    with answering() as (azure, session):
        azure.answers("GET", f"/pipelineruns/{RUN}", run(status="Succeeded"))
        with pytest.raises(NotPossible, match="this one is Succeeded"):
            BLUEPRINT.controls(session, SPEC).rerun(RUN, from_failure=True, token="x")


def test_a_file_is_put_into_the_own_container() -> None:
    with answering() as (azure, session):
        azure.answers("PUT", "data/in/x.csv", None)
        azure._answers[-1][2][0] = (201, None)
        sample = ObjectSample(key="in/x.csv", content=b"")
        assert BLUEPRINT.emit(session, SPEC, sample) == "data/in/x.csv"
        assert azure.asked[-1][1].startswith("/blob/skysales")


@pytest.mark.parametrize("key", ["/in/x.csv", "..", ".", "in/../x.csv", "../other/x.csv", "in/./x"])
def test_a_file_that_would_lie_elsewhere_is_refused(key: str) -> None:
    with answering() as (azure, session), pytest.raises(InvalidInput) as caught:
        BLUEPRINT.emit(session, SPEC, ObjectSample(key=key, content=b"1"))
    assert [each.field for each in caught.value.problems] == ["key"]
    assert azure.asked == []


def test_an_event_is_published_as_data_factory_reads_it() -> None:
    with answering() as (azure, session):
        url = session.client("resources")._config.base_url.removesuffix("/arm")
        endpoint = f"{url}/eventgrid/topic/api/events"
        topic = {"name": "t", "location": "westeurope", "properties": {"endpoint": endpoint}}
        azure.answers("GET", "/topics/[^/]+", topic)
        azure.answers("POST", "/api/events", None)
        sample = EventSample(source="lab", type="dataset.ready", detail={"rows": 3})
        identifier = BLUEPRINT.emit(session, spec(READY), sample)
        ((event,),) = (each["events"] for each in azure.bodies("/api/events"))
    assert (event["id"], event["subject"], event["eventType"]) == (
        identifier, "lab", "dataset.ready",
    )  # fmt: skip
    assert event["data"] == {"rows": 3}


def test_an_event_needs_a_topic() -> None:
    sample = EventSample(source="lab", type="dataset.ready")
    with answering() as (_, session), pytest.raises(NotPossible, match="no topic"):
        BLUEPRINT.emit(session, SPEC, sample)


def test_a_file_that_may_not_be_put_is_a_refusal() -> None:
    with answering() as (azure, session):
        azure.refuses("PUT", "data/x", 403, "AuthorizationPermissionMismatch")
        with pytest.raises(CloudError) as caught:
            BLUEPRINT.emit(session, SPEC, ObjectSample(key="x", content=b"1"))
    assert BLUEPRINT.likely_fix("AuthorizationPermissionMismatch", str(caught.value))

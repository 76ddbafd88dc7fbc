"""What runs of pipelines do."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from provisioning.sandbox.faults import Fault
from tests.sandbox.azure.conftest import SandboxAzure
from tests.sandbox.azure.definitions import activity, pipeline, reference, wait
from tests.sandbox.azure.running import Factory


def expression(text: str) -> dict[str, str]:
    return {"type": "Expression", "value": text}


def set_variable(name: str, value: object, **more: object) -> dict[str, object]:
    return activity(f"set-{name}", "SetVariable", {"variableName": name, "value": value}, **more)  # type: ignore[arg-type]


FAIL = activity("fail", "Fail", {"message": "as planned", "errorCode": "42"})


def test_a_run_goes_through_its_states(adf: Factory) -> None:
    adf.put("p", pipeline(wait("first", 60), wait("second", 5, after={"first": ["Succeeded"]})))
    id = adf.start("p")
    assert adf.get(id)["status"] == "Queued"
    adf.azure.advance("PT10S")
    assert adf.get(id)["status"] == "InProgress"
    assert adf.outcomes(id) == {"first": "InProgress"}
    adf.azure.advance("PT10M")

    run = adf.get(id)
    assert run["status"] == "Succeeded"
    assert 65_000 <= run["durationInMs"] <= 75_000
    assert run["invokedBy"]["name"] == "Manual"
    assert adf.outcomes(id) == {"first": "Succeeded", "second": "Succeeded"}
    assert [each["activityName"] for each in adf.activities(id)] == ["first", "second"]


def test_parameters_and_expressions_meet(adf: Factory) -> None:
    adf.put(
        "p",
        pipeline(
            set_variable("word", "@concat(pipeline().parameters.who, '-', utcNow('yyyy'))"),
            set_variable(
                "sum", "@string(add(pipeline().parameters.count, 1))",
                after={"set-word": ["Succeeded"]},
            ),
            parameters={"who": {"type": "String", "defaultValue": "me"}, "count": {"type": "Int"}},
            variables={"word": {"type": "String"}, "sum": {"type": "String"}},
        ),
    )  # fmt: skip
    run = adf.run("p", {"count": 41})
    assert run["parameters"] == {"who": "me", "count": "41"}
    assert adf.output(run["runId"], "set-word")["value"] == "me-2027"
    assert adf.output(run["runId"], "set-sum")["value"] == "42"


def test_a_parameter_without_a_value_is_refused(adf: Factory) -> None:
    adf.put("p", pipeline(wait("w"), parameters={"count": {"type": "Int"}}))
    for given in (None, {"count": "many"}):
        with pytest.raises(HttpResponseError) as caught:
            adf.start("p", given)
        assert "InvalidTemplate" in caught.value.error.message
    with pytest.raises(ResourceNotFoundError):
        adf.start("other")


def test_an_unknown_function_fails_the_run_in_data_factory_s_words(adf: Factory) -> None:
    adf.put("p", pipeline(wait("w", expression("@nonsense(1)"))))
    run = adf.run("p")
    assert run["status"] == "Failed"
    sentence = "The template function 'nonsense' is not defined or not valid."
    assert run["message"] == f"Operation on target w failed: {sentence}"
    error = adf.activities(run["runId"])[0]["error"]
    assert (error["errorCode"], error["target"]) == ("InvalidTemplate", "w")


def test_what_depends_on_a_failure_runs_then(adf: Factory) -> None:
    adf.put(
        "p",
        pipeline(
            FAIL,
            wait("on success", after={"fail": ["Succeeded"]}),
            wait("on failure", after={"fail": ["Failed"]}),
            wait("in any case", after={"fail": ["Completed"]}),
            wait("when skipped", after={"on success": ["Skipped"]}),
        ),
    )
    run = adf.run("p")
    assert adf.outcomes(run["runId"]) == {
        "fail": "Failed", "on failure": "Succeeded", "in any case": "Succeeded",
        "when skipped": "Succeeded",
    }  # fmt: skip
    assert run["status"] == "Succeeded", "only the leaves count"


def test_a_skipped_leaf_tells_how_its_parent_ended(adf: Factory) -> None:
    adf.put("p", pipeline(FAIL, wait("after", after={"fail": ["Succeeded"]})))
    run = adf.run("p")
    assert run["status"] == "Failed"
    assert run["message"] == "Operation on target fail failed: as planned"
    assert adf.activities(run["runId"])[0]["error"]["errorCode"] == "42"


def test_a_failure_that_is_handled_beside_a_success_path_fails(adf: Factory) -> None:
    """Do-if-else: the leaf of the success path is skipped, which asks the failed one."""
    adf.put(
        "p",
        pipeline(
            FAIL,
            wait("good", after={"fail": ["Succeeded"]}),
            wait("bad", after={"fail": ["Failed"]}),
        ),
    )
    assert adf.run("p")["status"] == "Failed"


def test_it_tries_again_as_its_policy_says(adf: Factory) -> None:
    adf.azure.world.faults.table.put(
        Fault(kind="fail_step", cloud="azure", match="p/flaky", count=1, message="for a test")
    )
    policy = {"retry": 2, "retryIntervalInSeconds": 60}
    adf.put("p", pipeline({**wait("flaky"), "policy": policy}))
    run = adf.run("p")
    assert run["status"] == "Succeeded"
    first, second = adf.activities(run["runId"])
    assert (first["status"], first["error"]["message"]) == ("Failed", "for a test")
    assert (second["status"], second["retryAttempt"]) == ("Succeeded", 1)


def test_what_is_not_tried_again_fails_the_run(adf: Factory) -> None:
    adf.azure.world.faults.table.put(Fault(kind="fail_step", cloud="azure", match="w"))
    adf.put("p", pipeline({**wait("w"), "policy": {"retry": 1, "retryIntervalInSeconds": 30}}))
    run = adf.run("p")
    assert run["status"] == "Failed"
    assert len(adf.activities(run["runId"])) == 2


def test_an_activity_ends_at_its_timeout(adf: Factory) -> None:
    notebook = activity(
        "train", "DatabricksNotebook", {"notebookPath": "/train"},
        policy={"timeout": "0.00:00:10"},
    )  # fmt: skip
    adf.put("p", pipeline(notebook))
    run = adf.run("p")
    assert run["status"] == "Failed"
    assert adf.outcomes(run["runId"]) == {"train": "TimedOut"}


def test_notebooks_take_their_time_and_name_a_page(adf: Factory) -> None:
    adf.put("p", pipeline(activity("train", "DatabricksNotebook", {"notebookPath": "/train"})))
    run = adf.run("p")
    assert run["status"] == "Succeeded"
    assert run["durationInMs"] >= 45_000
    assert "azuredatabricks.net" in adf.output(run["runId"], "train")["runPageUrl"]


def test_branches(adf: Factory) -> None:
    adf.put(
        "p",
        pipeline(
            activity("if", "IfCondition", {
                "expression": expression("@equals(pipeline().parameters.way, 'left')"),
                "ifTrueActivities": [wait("left")], "ifFalseActivities": [wait("right")],
            }),
            activity("switch", "Switch", {
                "on": expression("@pipeline().parameters.way"),
                "cases": [{"value": "left", "activities": [wait("case")]}],
                "defaultActivities": [wait("default")],
            }),
            parameters={"way": {"type": "String"}},
        ),
    )  # fmt: skip
    left, right = adf.run("p", {"way": "left"}), adf.run("p", {"way": "up"})
    assert set(adf.outcomes(left["runId"])) == {"if", "switch", "left", "case"}
    assert set(adf.outcomes(right["runId"])) == {"if", "switch", "right", "default"}


def test_a_loop_runs_each_item_a_few_at_a_time(adf: Factory) -> None:
    adf.put(
        "p",
        pipeline(
            activity("each", "ForEach", {
                "items": expression("@pipeline().parameters.items"), "batchCount": 2,
                "activities": [wait("w", expression("@item().seconds"))],
            }),
            parameters={"items": {"type": "Array"}},
        ),
    )  # fmt: skip
    run = adf.run("p", {"items": [{"seconds": 30}] * 4})
    assert run["status"] == "Succeeded"
    waits = [each for each in adf.activities(run["runId"]) if each["activityName"] == "w"]
    assert len(waits) == 4
    assert 60_000 < run["durationInMs"] < 75_000, "two at a time"


def test_a_loop_one_after_the_other_fails_with_an_item(adf: Factory) -> None:
    adf.put(
        "p",
        pipeline(
            activity("each", "ForEach", {
                "items": expression("@createArray(1, 2, 3)"), "isSequential": True,
                "activities": [
                    activity("check", "IfCondition", {
                        "expression": expression("@equals(item(), 2)"),
                        "ifTrueActivities": [FAIL],
                    }),
                ],
            }),
        ),
    )  # fmt: skip
    run = adf.run("p")
    assert run["status"] == "Failed"
    assert "Inner activity name: check" in run["message"]
    checks = [each for each in adf.activities(run["runId"]) if each["activityName"] == "check"]
    assert [each["status"] for each in checks] == ["Succeeded", "Failed", "Succeeded"]


def test_until_goes_on_until_it_holds(adf: Factory) -> None:
    grow = activity("grow", "AppendVariable", {"variableName": "found", "value": "x"})
    adf.put(
        "p",
        pipeline(
            activity("until", "Until", {
                "expression": expression("@equals(length(variables('found')), 3)"),
                "activities": [grow, wait("w", 1, after={"grow": ["Succeeded"]})],
            }),
            variables={"found": {"type": "Array"}},
        ),
    )  # fmt: skip
    run = adf.run("p")
    assert run["status"] == "Succeeded"
    assert len([a for a in adf.activities(run["runId"]) if a["activityName"] == "grow"]) == 3


def test_until_gives_up_at_its_timeout(adf: Factory) -> None:
    adf.put(
        "p",
        pipeline(
            activity("until", "Until", {
                "expression": expression("@false"), "timeout": "0.00:10:00",
                "activities": [wait("w", 120)],
            }),
        ),
    )  # fmt: skip
    run = adf.run("p")
    assert run["status"] == "Failed"
    assert 600_000 <= run["durationInMs"] < 800_000


def test_filter_and_what_follows_from_it(adf: Factory) -> None:
    adf.put(
        "p",
        pipeline(
            activity("keep", "Filter", {
                "items": expression("@createArray(1, 5, 9)"),
                "condition": expression("@greater(item(), 3)"),
            }),
            set_variable(
                "count", "@string(activity('keep').output.FilteredItemsCount)",
                after={"keep": ["Succeeded"]},
            ),
            variables={"count": {"type": "String"}},
        ),
    )  # fmt: skip
    run = adf.run("p")
    assert adf.output(run["runId"], "keep")["Value"] == [5, 9]
    assert adf.output(run["runId"], "set-count")["value"] == "2"


def test_a_pipeline_runs_another_and_takes_its_outcome(adf: Factory) -> None:
    adf.put(
        "child",
        pipeline(
            wait("inner", 30),
            activity("say", "SetVariable", {
                "variableName": "pipelineReturnValue", "setSystemVariable": True,
                "value": [{"key": "word", "value": {"type": "String", "content": "done"}}],
            }, after={"inner": ["Succeeded"]}),
            parameters={"x": {"type": "String"}},
        ),
    )  # fmt: skip
    call = activity("call", "ExecutePipeline", {
        "pipeline": reference("child"), "waitOnCompletion": True,
        "parameters": {"x": "@pipeline().RunId"},
    })  # fmt: skip
    adf.put("parent", pipeline(call))
    run = adf.run("parent")
    output = adf.output(run["runId"], "call")
    child = adf.get(output["pipelineRunId"])

    assert run["status"] == child["status"] == "Succeeded"
    assert child["invokedBy"]["pipelineRunId"] == run["runId"]
    assert child["parameters"]["x"] == run["runId"]
    assert output["pipelineReturnValue"] == {"word": "done"}
    assert run["durationInMs"] >= 30_000


def test_a_failed_child_fails_the_activity_that_waits(adf: Factory) -> None:
    adf.put("child", pipeline(FAIL))
    call = {"pipeline": reference("child"), "waitOnCompletion": True}
    adf.put("parent", pipeline(activity("call", "ExecutePipeline", call)))
    run = adf.run("parent")
    assert run["status"] == "Failed"
    assert "Operation on target fail failed: as planned" in run["message"]


def test_no_more_run_at_once_than_a_pipeline_allows(adf: Factory) -> None:
    adf.put("p", pipeline(wait("w", 60), concurrency=1))
    ids = [adf.start("p") for _ in range(3)]
    adf.azure.advance("PT30S")
    assert [adf.get(id)["status"] for id in ids] == ["InProgress", "Queued", "Queued"]
    adf.azure.advance("PT1M")
    assert [adf.get(id)["status"] for id in ids] == ["Succeeded", "InProgress", "Queued"]
    adf.azure.advance("PT10M")
    assert [adf.get(id)["status"] for id in ids] == ["Succeeded"] * 3


def test_a_cancelled_run_stops_its_children_too(adf: Factory) -> None:
    adf.put("child", pipeline(wait("inner", 600)))
    call = {"pipeline": reference("child"), "waitOnCompletion": True}
    adf.put("parent", pipeline(activity("call", "ExecutePipeline", call)))
    id = adf.start("parent")
    adf.azure.advance("PT30S")
    child = next(run for run in adf.runs() if run["pipelineName"] == "child")

    adf.client.pipeline_runs.cancel(*adf.where, id, is_recursive=True)
    assert adf.get(id)["status"] == "Canceling"
    adf.azure.advance("PT10S")
    assert adf.get(id)["status"] == "Cancelled"
    assert adf.get(child["runId"])["status"] == "Cancelled"
    assert adf.outcomes(id) == {"call": "Cancelled"}
    with pytest.raises(HttpResponseError):
        adf.client.pipeline_runs.cancel(*adf.where, id)


def test_a_run_goes_on_as_the_pipeline_was_when_it_began(adf: Factory) -> None:
    adf.put("p", pipeline(wait("old", 60)))
    id = adf.start("p")
    adf.put("p", pipeline(wait("new", 60)))
    adf.azure.advance("PT1H")
    assert set(adf.outcomes(id)) == {"old"}


def test_an_inactive_activity_counts_as_it_is_marked(adf: Factory) -> None:
    off = {**FAIL, "state": "Inactive", "onInactiveMarkAs": "Succeeded"}
    adf.put("p", pipeline(off, wait("after", after={"fail": ["Succeeded"]})))
    assert adf.run("p")["status"] == "Succeeded"


def test_secure_outputs_are_not_told(adf: Factory) -> None:
    secret = set_variable("word", "hush", policy={"secureOutput": True, "secureInput": True})
    copy = set_variable(
        "other", "@activity('set-word').output.value", after={"set-word": ["Succeeded"]}
    )
    variables = {name: {"type": "String"} for name in ("word", "other")}
    adf.put("p", pipeline(secret, copy, variables=variables))
    run = adf.run("p")
    first, second = adf.activities(run["runId"])
    assert "hush" not in str(first)
    assert second["output"]["value"] == "hush"


def test_a_deleted_factory_takes_its_history_along(azure: SandboxAzure, adf: Factory) -> None:
    adf.put("p", pipeline(wait("w", 600)))
    adf.start("p")
    azure.factories.factories.delete("rg", adf.name)
    azure.factories.factories.create_or_update("rg", adf.name, {"location": "westeurope"})
    azure.advance("PT1H")
    assert adf.runs() == []

"""What the form of a factory's activities accepts, and what it says about mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from tests.provisioning.blueprints.factories import activities, problems

VAULT = (
    "/subscriptions/5a4db0c5-0000-4000-8000-000000000001/resourceGroups/shared/providers/"
    "Microsoft.KeyVault/vaults/my-vault"
)


def wait(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "wait", "name": name, "seconds": 1,
        "depends_on": [{"activity": each} for each in after], **more,
    }  # fmt: skip


def web(**more: Any) -> dict[str, Any]:
    return {"kind": "web", "name": "call", "url": "https://example.com/", **more}


def copy(**more: Any) -> dict[str, Any]:
    sides = {"source": {"kind": "own", "folder": "in"}, "sink": {"kind": "own", "folder": "out"}}
    return {"kind": "copy", "name": "load", **sides, **more}


def test_nothing_is_missing_in_the_simplest_pipeline() -> None:
    assert problems(activities(wait("one"))) == {}
    assert problems(activities()) == {"activities": "Add at least one activity."}


def test_what_runs_after_what_is_checked_beside_each_other() -> None:
    assert (
        "no activity 'two' beside it"
        in problems(activities(wait("one", "two")))["activities.0.depends_on.0.activity"]
    )
    circle = problems(activities(wait("one", "two"), wait("two", "one")))
    assert "wait for each other" in circle["activities.0.depends_on"]
    assert (
        "after itself"
        in problems(activities(wait("one", "one")))["activities.0.depends_on.0.activity"]
    )
    inner = {
        "kind": "for_each", "name": "all", "items": "@pipeline().parameters.x",
        "activities": [wait("inside", "outside")],
    }  # fmt: skip
    found = problems(activities(wait("outside"), inner))
    assert "beside it" in found["activities.1.activities.0.depends_on.0.activity"]


def test_names_are_unique_in_the_whole_pipeline_whatever_their_letters() -> None:
    branch = {"kind": "if", "name": "check", "condition": "@equals(1, 1)", "then": [wait("ONE")]}
    found = problems(activities(wait("one"), branch))
    assert found == {"activities.1.then.0.name": "'ONE' is there already."}


def test_a_branch_has_something_to_do() -> None:
    branch = {"kind": "if", "name": "check", "condition": "@equals(1, 1)"}
    assert "one of the branches" in problems(activities(branch))["activities.0.then"]


@pytest.mark.parametrize("inner", ["for_each", "if"])
def test_a_branch_contains_nothing_that_contains(inner: str) -> None:
    branch = {
        "kind": "if", "name": "check", "condition": "@equals(1, 1)",
        "then": [{"kind": inner, "name": "inside"}],
    }  # fmt: skip
    found = problems(activities(branch))
    assert f"There is no kind '{inner}'" in found["activities.0.then.0.kind"]


def test_requests_have_the_body_that_their_method_wants() -> None:
    assert "needs a body" in problems(activities(web(method="POST")))["activities.0.body"]
    assert "has no body" in problems(activities(web(body="x")))["activities.0.body"]
    assert problems(activities(web(method="POST", body="@{pipeline().RunId}"))) == {}


@pytest.mark.parametrize("header", ["Authorization", "x-functions-key", "API-Key"])
def test_no_secret_goes_into_a_header(header: str) -> None:
    found = problems(activities(web(headers={header: "Bearer abc"})))
    assert "settings are kept readable" in found["activities.0.headers"]
    computed = web(headers={header: "@concat('Bearer ', activity('secret').output.value)"})
    assert problems(activities(computed)) == {}


def test_a_password_is_a_name_in_a_vault() -> None:
    password = {"vault": VAULT, "secret": "password"}
    basic = {"kind": "basic", "username": "ada", "password": password}
    assert problems(activities(web(authentication=basic))) == {}
    typed = {**basic, "password": "hunter2"}
    assert (
        "object"
        in problems(activities(web(authentication=typed)))["activities.0.authentication.password"]
    )


def test_binary_goes_into_binary_only() -> None:
    found = problems(activities(copy(source_format="Binary", sink_format="Parquet")))
    assert "Binary goes into Binary only" in found["activities.0.sink_format"]
    both = copy(source_format="DelimitedText", sink_format="Parquet")
    assert problems(activities(both)) == {}


def test_the_file_that_started_the_run_needs_parameters_that_are_filled() -> None:
    triggered = copy(source={"kind": "triggered"})
    assert "filled with the file name" in problems(activities(triggered))["activities.0.source"]
    filled = [
        {"name": "f", "default": "", "filled_with": "FileName"},
        {"name": "d", "default": "", "filled_with": "Folder"},
    ]
    assert problems(activities(triggered, parameters=filled)) == {}


def test_parameters_have_values_of_their_type() -> None:
    wrong = [
        {"name": "n", "type": "Int", "default": "many"},
        {"name": "l", "type": "Array", "default": "{}"},
        {"name": "N", "type": "String"},
        {"name": "skyclock_token"},
        {"name": "event", "type": "Int", "default": "1", "filled_with": "EventType"},
    ]
    found = problems(activities(wait("one"), parameters=wrong))
    assert found == {
        "parameters.0.default": "This has to be a whole number.",
        "parameters.1.default": "This has to be a JSON list.",
        "parameters.2.name": "'n' is there already.",
        "parameters.3.name": "Skyclock has a parameter of this name itself.",
        "parameters.4.type": "What fills it is of the type String.",
    }


def test_one_parameter_is_filled_with_one_thing() -> None:
    twice = [{"name": name, "default": "", "filled_with": "FileName"} for name in ("a", "b")]
    found = problems(activities(wait("one"), parameters=twice))
    assert found == {"parameters.1.filled_with": "Another parameter is filled with it."}


def test_inner_pipelines_are_started_with_what_they_want() -> None:
    inner = {
        "name": "clean", "activities": [wait("scrub")],
        "parameters": [{"name": "day"}, {"name": "hard", "type": "Bool", "default": "true"}],
    }  # fmt: skip

    def start(**more: Any) -> dict[str, str]:
        call = {"kind": "execute_pipeline", "name": "start", "pipeline": "clean", **more}
        return problems(activities(call, pipelines=[inner]))

    assert start(parameters={"day": "@utcNow()"}) == {}
    assert "'day' has no default" in start()["activities.0.parameters"]
    assert (
        "true or false" in start(parameters={"day": "x", "hard": "very"})["activities.0.parameters"]
    )
    assert "no inner pipeline 'other'" in start(pipeline="other")["activities.0.pipeline"]


def test_inner_pipelines_do_not_start_each_other_in_a_circle() -> None:
    def calls(name: str, other: str) -> dict[str, Any]:
        call = {"kind": "execute_pipeline", "name": "go", "pipeline": other}
        return {"name": name, "activities": [call]}

    found = problems(activities(wait("x"), pipelines=[calls("a", "b"), calls("b", "a")]))
    assert "Pipelines start each other" in found["pipelines.0.activities"]


def test_more_activities_than_data_factory_takes_are_refused() -> None:
    many = [wait(f"w{number}") for number in range(120)]
    loop = {
        "kind": "for_each", "name": "all", "items": "@pipeline().parameters.x",
        "activities": [wait("inside")],
    }  # fmt: skip
    assert problems(activities(*many)) == {}
    assert "at most 120" in problems(activities(*many[:-1], loop))["activities"]


def test_the_form_speaks_in_sentences() -> None:
    found = problems(activities({"kind": "wait", "name": "a.b", "seconds": 0}))
    assert found["activities.0.seconds"] == "At least 1."
    assert found["activities.0.name"].startswith("Use letters, digits, spaces")
    assert (
        "begins with @"
        in problems(
            activities({"kind": "if", "name": "x", "condition": "1 = 1", "then": [wait("y")]})
        )["activities.0.condition"]
    )


def test_settings_hold_no_secret_field() -> None:
    schema = str(BLUEPRINT.Settings.model_json_schema())
    assert "writeOnly" not in schema

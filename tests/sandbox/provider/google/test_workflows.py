"""Workflows under the real engine."""

from __future__ import annotations

from typing import Any

import pulumi_gcp as gcp
import pytest
from pulumi import automation as auto

from tests.sandbox.provider.google.conftest import PARENT, REGION, Clients
from tests.sandbox.provider.inline_stack import InlineStack

pytestmark = pytest.mark.sandbox

SOURCE = "main:\n  steps:\n    - say:\n        return: {}\n"


def program(word: str = "hello", **more: Any) -> Any:
    def declare() -> None:
        gcp.workflows.Workflow(
            "greets",
            name="greets",
            region=REGION,
            source_contents=SOURCE.format(word),
            deletion_protection=False,
            **more,
        )

    return declare


def test_a_workflow_lives_changes_in_place_and_goes(stack: InlineStack, clients: Clients) -> None:
    workflows = clients("workflows").projects().locations().workflows()
    executions = clients("workflowexecutions").projects().locations().workflows().executions()
    first = program(labels={"tier": "data"}, user_env_vars={"PAUSED": "false"})
    assert stack.preview(first) == {"create": 2}
    assert stack.up(first) == {"create": 2}
    assert stack.problems() == ""
    name = f"{PARENT}/workflows/greets"
    found = workflows.get(name=name).execute()
    assert found["state"] == "ACTIVE" and found["revisionId"].startswith("000001-")
    assert found["labels"]["tier"] == "data"
    assert stack.up(first) == {"same": 2}
    assert stack.refresh() == {"same": 2}

    executions.create(parent=name, body={}).execute()
    second = program("goodbye", labels={"tier": "ops"}, user_env_vars={"PAUSED": "true"})
    assert stack.up(second) == {"same": 1, "update": 1}
    found = workflows.get(name=name).execute()
    assert found["sourceContents"] == SOURCE.format("goodbye")
    assert found["userEnvVars"] == {"PAUSED": "true"}
    assert found["labels"]["tier"] == "ops"
    assert found["revisionId"].startswith("000002-")
    assert stack.up(program("goodbye")) == {"same": 1, "update": 1}
    found = workflows.get(name=name).execute()
    assert "userEnvVars" not in found and "tier" not in found["labels"]

    assert stack.destroy() == {"delete": 2}
    assert not workflows.list(parent=PARENT).execute().get("workflows")


def test_a_source_that_is_none_is_refused_in_googles_words(stack: InlineStack) -> None:
    with pytest.raises(auto.CommandError):
        stack.up(program("[one"))
    assert "waiting to create Workflow: Error code 3, message: failed to build" in stack.problems()


def test_protection_of_deletion_holds(stack: InlineStack) -> None:
    def declare(*, protected: bool) -> Any:
        return lambda: gcp.workflows.Workflow(
            "kept",
            name="kept",
            region=REGION,
            source_contents=SOURCE.format("hello"),
            deletion_protection=protected,
        )

    stack.up(declare(protected=True))
    with pytest.raises(auto.CommandError):
        stack.destroy()
    assert "without setting deletion_protection=false" in stack.problems()
    assert stack.up(declare(protected=False)) == {"same": 1, "update": 1}
    assert stack.destroy() == {"delete": 2}

"""Notebook instances through the provider: changed and ended while they are stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi_aws as aws_sdk
import pytest

from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox.provider.programs import trust

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

Client = Callable[..., Any]


def notebook(**more: Any) -> Callable[[], None]:
    def program() -> None:
        role = aws_sdk.iam.Role("role", assume_role_policy=trust("sagemaker"))
        given = {"instance_type": "ml.t3.medium", **more}
        aws_sdk.sagemaker.NotebookInstance(
            "notebook", name="Changed-in-place", role_arn=role.arn, **given
        )

    return program


def described(aws: Client) -> dict[str, Any]:
    found: dict[str, Any] = aws("sagemaker").describe_notebook_instance(
        NotebookInstanceName="Changed-in-place"
    )
    return found


def test_an_instance_is_changed_in_place_and_runs_again(stack: InlineStack, aws: Client) -> None:
    assert stack.up(notebook(tags={"team": "one"})) == {"create": 3}
    assert described(aws)["NotebookInstanceStatus"] == "InService"
    changes = stack.up(notebook(instance_type="ml.t3.large", volume_size=10, tags={"team": "two"}))
    assert changes == {"same": 2, "update": 1}
    found = described(aws)
    assert (found["NotebookInstanceStatus"], found["InstanceType"], found["VolumeSizeInGB"]) == (
        "InService", "ml.t3.large", 10,
    )  # fmt: skip
    tags = aws("sagemaker").list_tags(ResourceArn=found["NotebookInstanceArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "two"}]
    assert stack.refresh() == {"same": 3}
    # A destroy stops what runs, as the real provider does.
    assert stack.destroy() == {"delete": 3}
    assert aws("sagemaker").list_notebook_instances()["NotebookInstances"] == []


def test_an_instance_that_people_stopped_stays_so(stack: InlineStack, aws: Client) -> None:
    stack.up(notebook())
    aws("sagemaker").stop_notebook_instance(NotebookInstanceName="Changed-in-place")
    assert stack.up(notebook(root_access="Disabled")) == {"same": 2, "update": 1}
    found = described(aws)
    assert (found["NotebookInstanceStatus"], found["RootAccess"]) == ("Stopped", "Disabled")

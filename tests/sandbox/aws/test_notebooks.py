"""Notebook instances come up, stop, change and go, each in its time and in its order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from provisioning.sandbox.faults import Fault
from tests.sandbox.aws.conftest import ACCOUNT, REGION, START, SandboxAws, make_role
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/explore"


class Notebook:
    def __init__(self, aws: SandboxAws) -> None:
        self.aws = aws
        self.role = make_role(aws, "notebook", "sagemaker.amazonaws.com")
        self.client = aws.client("sagemaker")

    def create(self, name: str = "Explore", **more: Any) -> str:
        given = {"InstanceType": "ml.t3.medium", "RoleArn": self.role, **more}
        made = self.client.create_notebook_instance(NotebookInstanceName=name, **given)
        return str(made["NotebookInstanceArn"])

    def call(self, verb: str, **more: Any) -> Any:
        operation = getattr(self.client, f"{verb}_notebook_instance")
        return operation(NotebookInstanceName="Explore", **more)

    def refused(self, verb: str) -> tuple[str, str]:
        operation = getattr(self.client, f"{verb}_notebook_instance")
        return error(operation, NotebookInstanceName="Explore")

    def status(self) -> str:
        return str(self.call("describe")["NotebookInstanceStatus"])


@pytest.fixture
def notebook(aws: SandboxAws) -> Notebook:
    return Notebook(aws)


def test_an_instance_comes_up_in_its_time(notebook: Notebook) -> None:
    assert notebook.create(Tags=[{"Key": "team", "Value": "data"}]) == ARN
    found = notebook.call("describe")
    assert (found["NotebookInstanceStatus"], found["CreationTime"]) == ("Pending", START)
    assert found["VolumeSizeInGB"] == 5
    assert found["Url"] == f"explore.notebook.{REGION}.sagemaker.aws"
    notebook.aws.advance("PT3S")
    assert notebook.status() == "Pending"
    notebook.aws.advance("PT2S")
    assert notebook.status() == "InService"
    assert notebook.call("describe")["LastModifiedTime"] == START + timedelta(seconds=4)
    tags = notebook.client.list_tags(ResourceArn=ARN)["Tags"]
    assert tags == [{"Key": "team", "Value": "data"}]


def test_every_change_has_its_order(notebook: Notebook) -> None:
    notebook.create()

    def no_way(status: str, allowed: str, to: str) -> tuple[str, str]:
        return (
            "ValidationException",
            f"Status ({status}) not in ([{allowed}]). Unable to transition to ({to}) for "
            f"Notebook Instance ({ARN})",
        )

    assert notebook.refused("stop") == no_way("Pending", "InService", "Stopping")
    notebook.aws.advance("PT5S")
    assert notebook.refused("start") == no_way("InService", "Stopped, Failed", "Pending")
    assert notebook.refused("delete") == no_way("InService", "Stopped, Failed", "Deleting")
    assert notebook.refused("update") == no_way("InService", "Stopped, Failed", "Updating")
    notebook.call("stop")
    assert notebook.status() == "Stopping"
    notebook.aws.advance("PT5S")
    assert notebook.status() == "Stopped"
    notebook.call("start")
    assert notebook.status() == "Pending"
    notebook.aws.advance("PT5S")
    notebook.call("stop")
    notebook.aws.advance("PT5S")
    notebook.call("delete")
    assert notebook.status() == "Deleting"
    notebook.aws.advance("PT5S")
    assert notebook.refused("describe") == ("ValidationException", "RecordNotFound")


def test_a_stopped_instance_is_changed(notebook: Notebook) -> None:
    repository = "https://example.com/a.git"
    notebook.create(DefaultCodeRepository=repository)
    notebook.aws.advance("PT5S")
    notebook.call("stop")
    notebook.aws.advance("PT5S")
    notebook.call(
        "update", InstanceType="ml.t3.large", VolumeSizeInGB=20,
        DisassociateDefaultCodeRepository=True,
    )  # fmt: skip
    assert notebook.status() == "Updating"
    notebook.aws.advance("PT5S")
    found = notebook.call("describe")
    assert (found["NotebookInstanceStatus"], found["InstanceType"], found["VolumeSizeInGB"]) == (
        "Stopped", "ml.t3.large", 20,
    )  # fmt: skip
    assert "DefaultCodeRepository" not in found
    smaller = error(
        notebook.client.update_notebook_instance, NotebookInstanceName="Explore", VolumeSizeInGB=5
    )
    assert smaller[0] == "ValidationException"


def test_what_cannot_be_created(notebook: Notebook) -> None:
    notebook.create()
    create = notebook.client.create_notebook_instance
    given = {"InstanceType": "ml.t3.medium", "RoleArn": notebook.role}
    assert error(create, NotebookInstanceName="explore", **given) == (
        "ValidationException", f"Cannot create a duplicate Notebook Instance ({ARN})",
    )  # fmt: skip
    stranger = make_role(notebook.aws, "other", "lambda.amazonaws.com")
    code, message = error(create, NotebookInstanceName="x", **{**given, "RoleArn": stranger})
    assert (code, message[:21]) == ("ValidationException", "Could not assume role")
    wrong = {**given, "InstanceType": "t3.medium"}
    assert error(create, NotebookInstanceName="x", **wrong)[0] == "ValidationException"


def test_a_way_in_exists_while_it_runs(notebook: Notebook) -> None:
    notebook.create()
    ask = notebook.client.create_presigned_notebook_instance_url
    assert error(ask, NotebookInstanceName="Explore")[0] == "ValidationException"
    notebook.aws.advance("PT5S")
    url = ask(NotebookInstanceName="Explore")["AuthorizedUrl"]
    assert url.startswith(f"https://explore.notebook.{REGION}.sagemaker.aws?authToken=")


def test_lists_are_newest_first_and_filtered(notebook: Notebook) -> None:
    for name in ("First", "Second", "Third"):
        notebook.create(name)
        notebook.aws.advance("PT2S")

    def names(**asked: Any) -> list[str]:
        found = notebook.client.list_notebook_instances(**asked)["NotebookInstances"]
        return [each["NotebookInstanceName"] for each in found]

    assert names() == ["Third", "Second", "First"]
    assert names(SortBy="Name", SortOrder="Ascending", MaxResults=2) == ["First", "Second"]
    assert names(StatusEquals="InService") == ["Second", "First"]
    assert names(NameContains="IR") == ["Third", "First"]


def test_an_instance_fails_on_request_and_can_be_started_again(notebook: Notebook) -> None:
    notebook.create()
    fault = Fault(kind="fail_step", cloud="aws", match="Explore", count=1, message="No capacity.")
    with notebook.aws.world.lock:
        notebook.aws.world.faults.table.put(fault)
    notebook.aws.advance("PT5S")
    found = notebook.call("describe")
    assert (found["NotebookInstanceStatus"], found["FailureReason"]) == ("Failed", "No capacity.")
    notebook.call("start")
    notebook.aws.advance("PT5S")
    assert notebook.status() == "InService"


def test_it_comes_up_after_a_restart(notebook: Notebook) -> None:
    notebook.create()
    notebook.aws.restart()
    notebook.client = notebook.aws.client("sagemaker")
    notebook.aws.advance("PT5S")
    assert notebook.status() == "InService"

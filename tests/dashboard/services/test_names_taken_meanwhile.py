"""Two people give the same name at the same moment: one gets it, the other is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.models import Connection, Pipeline, User
from dashboard.services import connections, pipelines, problems
from provisioning.errors import InvalidInput


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Lets somebody else act right after the next check."""

    def do(act: Callable[[], Any]) -> None:
        check, waiting = problems.of_row, [act]

        def checked(*arguments: Any) -> Any:
            found = check(*arguments)
            if waiting:
                waiting.pop()()
            return found

        monkeypatch.setattr(problems, "of_row", checked)

    return do


def refused(call: Callable[[], Any]) -> None:
    with pytest.raises(InvalidInput, match="of this name exists already") as caught:
        call()
    assert [problem.field for problem in caught.value.problems] == ["name"]


def test_a_new_connection(admin: User, meanwhile: Any) -> None:
    new = {"actor": admin, "name": "Same", "cloud": "aws"}
    meanwhile(lambda: connections.create_sandbox(**new))
    refused(lambda: connections.create_sandbox(**new))
    assert Connection.objects.count() == 1


def test_a_renamed_connection(admin: User, connection: Connection, meanwhile: Any) -> None:
    meanwhile(lambda: connections.create_sandbox(actor=admin, name="Same", cloud="aws"))
    refused(lambda: connections.update(actor=admin, connection=connection, name="Same"))
    connection.refresh_from_db()
    assert connection.name == "Sandbox AWS"


def test_a_new_pipeline(new_pipeline: Callable[..., Pipeline], meanwhile: Any) -> None:
    meanwhile(lambda: new_pipeline("Same"))
    refused(lambda: new_pipeline("Same"))
    assert Pipeline.objects.count() == 1


def test_a_renamed_pipeline(
    member: User, pipeline: Pipeline, new_pipeline: Callable[..., Pipeline], meanwhile: Any
) -> None:
    meanwhile(lambda: new_pipeline("Same"))
    refused(lambda: pipelines.update(actor=member, pipeline=pipeline, name="Same"))
    pipeline.refresh_from_db()
    assert pipeline.name == "Churn"


def test_what_others_changed_of_a_connection_meanwhile_stays(
    admin: User, connection: Connection, meanwhile: Any
) -> None:
    meanwhile(lambda: Connection.objects.update(enabled=False, sealed="another"))
    connections.update(actor=admin, connection=connection, name="Renamed")
    connection.refresh_from_db()
    assert (connection.name, connection.enabled, connection.sealed) == (
        "Renamed", False, "another",
    )  # fmt: skip

"""The sandbox console, on the sandbox itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from dashboard.models import AuditEntry, Connection, Pipeline
from provisioning.clouds import sandbox_control
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    started = SandboxProcess(Path(tmp_path_factory.mktemp("console")) / "sandbox").start()
    yield started
    started.end()


@pytest.fixture
def control(process: SandboxProcess, settings: Settings, connection: Connection) -> str:
    settings.SANDBOX_CONTROL_URL = process.address.control_url
    return process.address.control_url


def text_of(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_fault_is_added_and_taken_back(control: str, as_member: Client) -> None:
    typed = {
        "kind": "fail_step", "cloud": "aws", "match": "train-*", "count": "2",
        "message": "Out of memory",
    }  # fmt: skip
    assert as_member.post("/sandbox/faults", typed).status_code == 303
    text = text_of(as_member, "/sandbox")
    assert "Fail a step" in text and "train-*" in text and "2 more" in text
    (fault,) = sandbox_control.faults(control)
    assert (fault.count, fault.message) == (2, "Out of memory")
    as_member.post(f"/sandbox/faults/{fault.id}/remove")
    assert sandbox_control.faults(control) == ()
    assert AuditEntry.objects.filter(action="sandbox.fault").count() == 1


def test_what_is_wrong_with_a_fault_stands_at_its_field(control: str, as_member: Client) -> None:
    answer = as_member.post("/sandbox/faults", {"kind": "explode", "cloud": "aws", "match": "x"})
    assert answer.status_code == 400
    assert "Select a valid choice" in answer.content.decode()
    assert 'value="x"' in answer.content.decode()


def test_the_clock_is_set_to_another_speed(control: str, as_member: Client) -> None:
    as_member.post("/sandbox/speed", {"speed": "60"})
    assert Connection.objects.get().clock_speed == 60
    as_member.post("/sandbox/speed", {"speed": "7"})
    assert Connection.objects.get().clock_speed == 60
    as_member.post("/sandbox/speed", {"speed": "1"})
    assert Connection.objects.get().clock_speed == 1


def test_without_a_deployed_pipeline_there_is_nothing_to_send_to(
    control: str, as_member: Client
) -> None:
    answer = as_member.post("/sandbox/objects", {"pipeline": "1", "key": "data/x.csv"})
    assert answer.status_code == 400
    assert "None is deployed on the sandbox yet" in answer.content.decode()


def test_a_sandbox_that_is_away_is_said_to_be(
    connection: Connection, settings: Settings, as_member: Client
) -> None:
    text = text_of(as_member, "/sandbox")
    assert "The sandbox does not answer" in text


def test_where_no_sandbox_runs_there_is_no_console(settings: Settings, as_member: Client) -> None:
    settings.SANDBOX_CONTROL_URL = ""
    assert as_member.get("/sandbox").status_code == 404
    assert "Sandbox" not in text_of(as_member, "/runs")


def test_a_form_that_is_shown_again_asks_the_console_for_news(
    control: str, as_member: Client
) -> None:
    """The address of the form itself answers to its own form only."""
    answer = as_member.post("/sandbox/faults", {"kind": "explode"})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert 'hx-get="/sandbox"' in text and 'hx-get="/sandbox/' not in text


def test_every_field_of_the_console_has_an_id_of_its_own(
    control: str, as_member: Client, deployed: Pipeline
) -> None:
    text = text_of(as_member, "/sandbox")
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)), sorted(each for each in ids if ids.count(each) > 1)
    assert set(re.findall(r'\bfor="([^"]+)"', text)) <= set(ids)

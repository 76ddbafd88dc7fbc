"""A Connection's page: the report of its test as it comes in, and those before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.models import Connection, ConnectionTest, Pipeline, User

IDENTITY = {"name": "identity", "result": "pass", "missing": [], "message": "arn:…:user/sky."}
START = {
    "name": "start",
    "result": "fail",
    "missing": ["sagemaker:StartPipelineExecution"],
    "message": 'It lacks <it>. Add this.\n\n{"Effect": "Allow"}',
}


@pytest.fixture
def report(admin: User, connection: Connection) -> Any:
    def made(status: str = "finished", **more: Any) -> ConnectionTest:
        usual = {"asked_by": admin, "level": "deploy", "due_at": timezone.now()}
        return ConnectionTest.objects.create(
            connection=connection, status=status, **{**usual, **more}
        )

    return made


def page(browser: Client, connection: Connection, query: str = "") -> str:
    answer = browser.get(f"/connections/{connection.pk}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_begins_a_test_and_follows_it(as_admin: Client, connection: Connection) -> None:
    assert "Not tested yet" in page(as_admin, connection)
    answer = as_admin.post(f"/connections/{connection.pk}/test")
    assert (answer.status_code, answer["Location"]) == (303, f"/connections/{connection.pk}")
    text = page(as_admin, connection)
    assert 'hx-trigger="every 1s"' in text and "It waits for a worker" in text
    assert text.count('class="check to-come"') == 7


def test_one_that_is_put_off_leaves_the_last_report_on_the_page(
    as_admin: Client, connection: Connection, report: Any
) -> None:
    later = timezone.now() + timedelta(minutes=5)
    first = report("queued", due_at=later)
    text = page(as_admin, connection)
    assert "when the cloud is asked again" in text and 'hx-trigger="every 15s"' in text
    first.delete()
    report(result="unknown", checks=[{**IDENTITY, "result": "unknown", "message": "No answer."}])
    report("queued", due_at=later)
    text = page(as_admin, connection)
    assert "No answer." in text and "The cloud is asked again" in text
    assert 'class="check to-come"' not in text and 'hx-trigger="every 15s"' in text


def test_checks_that_came_in_are_shown_before_those_to_come(
    as_admin: Client, connection: Connection, report: Any
) -> None:
    report("running", checks=[IDENTITY])
    text = page(as_admin, connection)
    assert text.count("data-check=") == 1 and text.count('class="check to-come"') == 6
    assert 'data-state="running"' in text and "Asking" in text


def test_a_red_check_names_what_is_missing_and_what_to_add(
    as_admin: Client, connection: Connection, report: Any
) -> None:
    report(result="fail", checks=[IDENTITY, START])
    text = page(as_admin, connection)
    assert "hx-trigger" not in text.partition('id="report"')[2].partition("</section>")[0]
    assert "<code>sagemaker:StartPipelineExecution</code>" in text
    assert "It lacks &lt;it&gt;. Add this.</p>" in text
    assert "{&quot;Effect&quot;: &quot;Allow&quot;}</pre>" in text
    assert 'data-copy="add-2"' in text and 'id="add-2"' in text


@pytest.mark.parametrize(("result", "word", "shape"), [
    ("pass", "Pass", "●"), ("fail", "Fail", "✕"), ("unknown", "Unknown", "?"),
])  # fmt: skip
def test_word_and_shape_say_what_the_colour_says(
    result: str, word: str, shape: str, as_admin: Client, connection: Connection, report: Any
) -> None:
    report(result=result, checks=[{**IDENTITY, "result": result}])
    check = page(as_admin, connection).partition('data-check="identity"')[2].partition("</li>")[0]
    assert word in check and shape in check


def test_an_interrupted_one_says_what_was_not_asked(
    as_admin: Client, connection: Connection, report: Any
) -> None:
    report("interrupted", checks=[IDENTITY])
    text = page(as_admin, connection)
    assert "The worker stopped before the test had ended" in text
    assert text.count("Not asked") == 6


def test_earlier_reports_are_opened_from_the_page(
    as_admin: Client, connection: Connection, report: Any
) -> None:
    old = report(result="fail", checks=[START])
    report(result="pass", checks=[IDENTITY])
    assert f"?test={old.pk}" in page(as_admin, connection)
    assert 'data-check="start"' not in page(as_admin, connection)
    assert 'data-check="start"' in page(as_admin, connection, f"?test={old.pk}")
    for wrong in ("999", "x", "%00"):
        assert as_admin.get(f"/connections/{connection.pk}?test={wrong}").status_code == 404


def test_the_list_shows_the_last_test(as_admin: Client, connection: Connection) -> None:
    assert "not tested yet" in as_admin.get("/connections").content.decode()
    Connection.objects.update(tested_at=timezone.now(), test_result="fail")
    assert 'data-state="fail"' in as_admin.get("/connections").content.decode()


def test_the_page_says_where_it_is_used(as_admin: Client, pipeline: Pipeline) -> None:
    text = page(as_admin, pipeline.connection)
    assert f'href="/pipelines/{pipeline.pk}"' in text
    assert f'href="/connections/{pipeline.connection_id}/edit"' in text

"""Lists: empty, with rows, filtered, older pages; queries do not grow with rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.models import Connection, Deployment, Pipeline, Run, User

NewPipeline = Callable[..., Pipeline]


def queries_of(browser: Client, path: str) -> int:
    with CaptureQueriesContext(
        database,
    ) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("path", ["/", "/pipelines", "/runs", "/deployments"])
def test_empty_lists_say_what_belongs_there(path: str, as_member: Client) -> None:
    page = as_member.get(path)
    assert page.status_code == 200
    assert "Sandbox: simulated clouds" not in page.content.decode()


def test_an_empty_overview_leads_to_the_first_step(as_member: Client) -> None:
    text = as_member.get("/").content.decode()
    assert "Start with a pipeline" in text
    assert 'href="/pipelines/new">New pipeline</a>' in text
    assert "An admin adds the first one" in text


def test_an_admins_empty_overview_leads_to_connections(as_admin: Client) -> None:
    assert 'href="/connections">Connections</a>' in as_admin.get("/").content.decode()


@pytest.mark.parametrize(
    "path",
    ["/", "/pipelines", "/runs", "/deployments", "/pipelines/{id}", "/pipelines/{id}/deployments/"],
)
def test_queries_do_not_grow_with_rows(
    path: str,
    as_member: Client,
    deployed: Pipeline,
    new_pipeline: NewPipeline,
    new_run: Callable[..., Run],
    new_deployment: Callable[..., Deployment],
) -> None:
    path = path.format(id=deployed.pk)
    new_run(deployed, status="failed")
    new_deployment(deployed, status="failed")
    few = queries_of(as_member, path)
    for number in range(5):
        other = new_pipeline(name=f"Other {number}")
        new_run(other, status="failed", ago=number + 2)
        new_run(deployed, status="failed", ago=number + 2)
        new_deployment(deployed, status="failed")
        last = new_deployment(other, status="interrupted")
        Pipeline.objects.filter(pk=other.pk).update(
            last_deployment=last, may_exist_in_cloud=True, deployed_version=other.current_version
        )
    assert queries_of(as_member, path) <= few


def test_admin_lists_do_not_grow_either(as_admin: Client, connection: Connection) -> None:
    few = {path: queries_of(as_admin, path) for path in ("/connections", "/people")}
    for number in range(5):
        Connection.objects.create(name=f"c{number}", cloud="aws", method="access_keys")
        User.objects.create(username=f"u{number}", email=f"u{number}@example.org")
    assert {path: queries_of(as_admin, path) for path in few} == few


def test_pages_with_sandbox_data_say_so(as_member: Client, deployed: Pipeline, run: Run) -> None:
    for path in ("/", "/pipelines", "/runs", f"/runs/{run.pk}", f"/pipelines/{deployed.pk}"):
        assert "Sandbox: simulated clouds" in as_member.get(path).content.decode(), path


def test_pipelines_can_be_searched(as_member: Client, new_pipeline: NewPipeline) -> None:
    new_pipeline(name="Churn")
    new_pipeline(name="Fraud")
    text = as_member.get("/pipelines?search=fra").content.decode()
    assert "Fraud" in text and "Churn" not in text
    assert "No pipeline has this" in as_member.get("/pipelines?search=nothing").content.decode()


def test_runs_can_be_filtered_and_paged(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    for ago in range(1, 56):
        new_run(deployed, ago=ago)
    failed = new_run(deployed, status="failed", ago=100)
    first = as_member.get("/runs")
    assert len(first.context["runs"]) == 50
    older = as_member.get("/runs", {"cursor": first.context["older"]})
    assert [run.pk for run in older.context["runs"]][-1] == failed.pk
    assert not {run.pk for run in first.context["runs"]} & {run.pk for run in older.context["runs"]}
    only = as_member.get("/runs?status=failed")
    assert [run.pk for run in only.context["runs"]] == [failed.pk]
    assert "No run fits" in as_member.get("/runs?pipeline=4711").content.decode()


@pytest.mark.parametrize(
    "query", ["status=odd", "pipeline=odd", "pipeline=99999999999999999999", "before=-1"]
)
def test_odd_filters_are_left_out(query: str, as_member: Client, run: Run) -> None:
    for path in ("/runs", "/deployments", f"/pipelines/{run.pipeline_id}/versions/"):
        assert as_member.get(f"{path}?{query}").status_code == 200


def test_a_cursor_of_another_list_leads_nowhere(as_member: Client, run: Run) -> None:
    assert as_member.get("/runs?cursor=odd").status_code == 404
    assert as_member.get(f"/pipelines/{run.pipeline_id}?cursor=odd").status_code == 404

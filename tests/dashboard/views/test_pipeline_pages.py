from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dashboard.models import Deployment, Pipeline, Run, Trigger, User
from dashboard.services import pipelines
from tests.dashboard.views.conftest import add_resource


def text_of(browser: Client, path: str) -> str:
    return browser.get(path).content.decode()


def test_the_page_says_what_runs_where_and_when(as_member: Client, trigger: Trigger) -> None:
    text = text_of(as_member, f"/pipelines/{trigger.pipeline_id}")
    assert "on Sandbox AWS, eu-west-1" in text
    assert "At 06:00 every day, Europe/Berlin" in text
    assert "proven" in text


def test_the_schedule_tab_shows_the_proof(as_member: Client, trigger: Trigger) -> None:
    text = text_of(as_member, f"/pipelines/{trigger.pipeline_id}/triggers/")
    assert "cron(0 6 * * ? *) Europe/Berlin" in text
    assert "Active" in text and "Pause trigger" in text and "After that" in text


def test_a_paused_schedule_can_be_resumed(as_member: Client, trigger: Trigger) -> None:
    Trigger.objects.filter(pk=trigger.pk).update(state="paused", paused=True, next=None)
    text = text_of(as_member, f"/pipelines/{trigger.pipeline_id}/triggers/")
    assert "Resume trigger" in text and "none while paused" in text


def test_a_schedule_that_is_not_deployed_offers_no_switch(
    as_member: Client, pipeline: Pipeline
) -> None:
    text = text_of(as_member, f"/pipelines/{pipeline.pk}/triggers/")
    assert "Not deployed" in text and "Pause trigger" not in text


def test_a_pipeline_without_a_schedule_says_so(
    as_member: Client, new_pipeline: Callable[..., Pipeline]
) -> None:
    row = new_pipeline(triggers=[])
    assert "Add a trigger" in text_of(as_member, f"/pipelines/{row.pk}/triggers/")
    assert "It has no trigger" in text_of(as_member, f"/pipelines/{row.pk}")


def test_an_edit_that_is_not_deployed_is_told_from_what_the_cloud_has(
    as_member: Client, trigger: Trigger, member: User
) -> None:
    later = {"kind": "schedule", "cron": "30 7 * * *", "timezone": "Europe/Berlin"}
    path = f"/pipelines/{trigger.pipeline_id}/triggers/"
    assert "until you deploy" not in text_of(as_member, path).lower()
    pipelines.update(actor=member, pipeline=trigger.pipeline, triggers=[later | {"key": "t1"}])
    assert "Until you deploy, the cloud has: At 06:00 every day" in text_of(as_member, path)
    pipelines.update(actor=member, pipeline=trigger.pipeline, triggers=[later])
    text = text_of(as_member, path)
    assert "Removed from the definition. The cloud has it until you deploy." in text
    assert "New in the definition" in text and "Not deployed" in text
    assert "Pause trigger" not in text


def test_schedules_are_sentences_of_their_own(
    as_member: Client, new_pipeline: Callable[..., Pipeline]
) -> None:
    daily = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "UTC"}
    row = new_pipeline(triggers=[daily, {**daily, "cron": "0 * * * *"}])
    text = text_of(as_member, f"/pipelines/{row.pk}")
    assert "At 06:00 every day, UTC. Every hour, UTC." in text


def test_versions_are_compared_line_by_line(
    as_member: Client, pipeline: Pipeline, member: User, example: dict[str, Any]
) -> None:
    other = {"kind": "schedule", "cron": "30 7 * * *", "timezone": "Europe/Berlin", "key": "t1"}
    pipelines.update(actor=member, pipeline=pipeline, triggers=[other], note="later")
    page = as_member.get(f"/pipelines/{pipeline.pk}/versions/?from=1&to=2")
    kinds = {line.kind for line in page.context["comparison"]["lines"]}
    assert {"plus", "minus"} <= kinds
    text = page.content.decode()
    assert "30 7 * * *" in text and "later" in text


def test_a_version_that_does_not_exist_is_not_compared(
    as_member: Client, pipeline: Pipeline
) -> None:
    assert as_member.get(f"/pipelines/{pipeline.pk}/versions/?from=1&to=9").status_code == 404


def test_resources_leave_the_engines_own_bookkeeping_out(
    as_member: Client, deployed: Pipeline, new_deployment: Callable[..., Deployment]
) -> None:
    row = new_deployment(deployed, status="succeeded")
    add_resource(row, "exec", op="create", state="done")
    row.resources.create(
        urn="urn:stack", kind="pulumi:pulumi:Stack", name="the-stack", op="create",
        state="done", position=1,
    )  # fmt: skip
    Pipeline.objects.filter(pk=deployed.pk).update(outputs={"pipeline_arn": "arn:aws:x"})
    text = text_of(as_member, f"/pipelines/{deployed.pk}/resources/")
    assert "exec" in text and "arn:aws:x" in text and "the-stack" not in text


def test_destroying_says_what_is_lost_and_asks_for_the_name(
    as_member: Client, deployed: Pipeline, new_deployment: Callable[..., Deployment]
) -> None:
    add_resource(new_deployment(deployed, status="succeeded"), "exec", op="create", state="done")
    path = f"/pipelines/{deployed.pk}/destroy"
    text = text_of(as_member, path)
    assert "account 111122223333" in text and "exec" in text
    refused = as_member.post(path, {"name": "churn"})
    assert refused.status_code == 400
    assert "not the pipeline" in refused.content.decode()
    assert not deployed.deployments.filter(operation="destroy").exists()


def test_destroying_with_the_name_asks_for_a_deployment(
    as_member: Client, deployed: Pipeline, member: User
) -> None:
    answer = as_member.post(f"/pipelines/{deployed.pk}/destroy", {"name": "Churn"})
    row = deployed.deployments.get(operation="destroy")
    assert (answer.status_code, answer["Location"]) == (303, f"/deployments/{row.pk}")
    assert row.requested_by == member


@pytest.mark.parametrize("operation", ["preview", "up"])
def test_deploying_leads_to_the_deployment(
    operation: str, as_member: Client, pipeline: Pipeline
) -> None:
    answer = as_member.post(f"/pipelines/{pipeline.pk}/deploy", {"operation": operation})
    row = pipeline.deployments.get(operation=operation)
    assert (answer.status_code, answer["Location"]) == (303, f"/deployments/{row.pk}")


def test_the_deploy_form_does_not_destroy(as_member: Client, deployed: Pipeline) -> None:
    answer = as_member.post(f"/pipelines/{deployed.pk}/deploy", {"operation": "destroy"})
    assert answer["Location"] == f"/pipelines/{deployed.pk}/destroy"
    assert not deployed.deployments.exists()


@pytest.mark.parametrize("posted", [{}, {"operation": "odd"}, {"operation": "up", "plan": "x"}])
def test_a_deployment_that_is_refused_says_why_where_it_was_asked(
    posted: dict[str, str], as_member: Client, pipeline: Pipeline
) -> None:
    path = f"/pipelines/{pipeline.pk}/deployments/"
    answer = as_member.post(
        f"/pipelines/{pipeline.pk}/deploy", posted, headers={"referer": f"http://testserver{path}"}
    )
    assert (answer.status_code, answer["Location"]) == (303, path)
    assert "notice-error" in text_of(as_member, path)
    assert not pipeline.deployments.exists()


def test_a_connection_that_may_not_deploy_says_so(as_member: Client, pipeline: Pipeline) -> None:
    pipeline.connection.level = "run"
    pipeline.connection.save()
    answer = as_member.post(f"/pipelines/{pipeline.pk}/deploy", {"operation": "up"}, follow=True)
    assert "is for run only" in answer.content.decode()


def test_a_deployed_pipeline_is_not_deleted(as_member: Client, deployed: Pipeline) -> None:
    path = f"/pipelines/{deployed.pk}/delete"
    assert "Destroy it first" in text_of(as_member, path)
    as_member.post(path, {"name": "Churn"})
    deployed.refresh_from_db()
    assert deployed.archived_at is None


def test_a_pipeline_that_is_nowhere_can_be_deleted(as_member: Client, pipeline: Pipeline) -> None:
    answer = as_member.post(f"/pipelines/{pipeline.pk}/delete", {"name": "Churn"})
    assert answer["Location"] == "/pipelines"
    assert as_member.get(f"/pipelines/{pipeline.pk}").status_code == 404


def test_run_now_asks_for_the_parameters(as_member: Client, deployed: Pipeline) -> None:
    page = as_member.get(f"/pipelines/{deployed.pk}/run")
    specs = page.context["form"].asked
    assert specs and all(field.label in page.content.decode() for field in specs)


def test_run_now_that_the_cloud_does_not_take_starts_nothing(
    as_member: Client, deployed: Pipeline
) -> None:
    answer = as_member.post(f"/pipelines/{deployed.pk}/run", {"started": "yes"})
    assert answer.status_code == 400  # the sandbox of the tests is away
    assert not deployed.runs.exists()


def test_what_is_not_deployed_cannot_be_run(as_member: Client, pipeline: Pipeline) -> None:
    answer = as_member.get(f"/pipelines/{pipeline.pk}/run", follow=True)
    assert "notice-error" in answer.content.decode()


def test_lists_renew_themselves_while_something_goes_on(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run], running: Deployment
) -> None:
    runs, deployments = f"/pipelines/{deployed.pk}", f"/pipelines/{deployed.pk}/deployments/"
    new_run(deployed)
    assert "hx-trigger" not in text_of(as_member, runs)
    new_run(deployed, status="running", ago=1)
    assert 'hx-trigger="every 4s"' in text_of(as_member, runs)
    assert 'hx-trigger="every 4s"' in text_of(as_member, deployments)
    Deployment.objects.update(status="failed")
    assert "hx-trigger" not in text_of(as_member, deployments)


def test_a_schedule_that_was_taken_away_was_read_back_all_the_same(
    as_member: Client, trigger: Trigger
) -> None:
    """Google has no pause: while it is paused there is nothing in the cloud."""
    Trigger.objects.filter(pk=trigger.pk).update(native=[], next=None, paused=True, state="paused")
    text = as_member.get(f"/pipelines/{trigger.pipeline_id}/triggers/").content.decode()
    assert "nothing while paused" in text and "not read back yet" not in text
    Trigger.objects.filter(pk=trigger.pk).update(verified_at=None, paused=False)
    text = as_member.get(f"/pipelines/{trigger.pipeline_id}/triggers/").content.decode()
    assert "not read back yet" in text

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from dashboard.models import Connection, Deployment, Pipeline, Run, Trigger
from tests.dashboard.views.conftest import NOW


def text_of(browser: Client) -> str:
    return browser.get("/").content.decode()


def test_it_says_when_nothing_needs_a_person(as_member: Client, trigger: Trigger) -> None:
    assert "Nothing. No run failed in the last day" in text_of(as_member)


def test_failed_runs_of_one_pipeline_are_one_line(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    new_run(deployed, status="failed", ago=20, reason="Out of memory")
    run = new_run(deployed, status="failed", ago=10, reason="Disk full")
    text = text_of(as_member)
    assert "2 runs of Churn" in text and "Disk full" in text and "Out of memory" not in text
    assert f'href="/runs?pipeline={deployed.pk}&amp;status=failed"' in text
    assert f'href="/runs/{run.pk}"' in text  # its dot


def test_a_missing_trigger_needs_a_person(as_member: Client, trigger: Trigger) -> None:
    Trigger.objects.filter(pk=trigger.pk).update(state="missing", message="Deleted by hand")
    text = text_of(as_member)
    assert "Trigger of Churn" in text and "Deleted by hand" in text


def test_a_trigger_that_never_was_deployed_needs_nobody(
    as_member: Client, pipeline: Pipeline
) -> None:
    assert "Trigger of" not in text_of(as_member)


def test_an_interrupted_deployment_needs_a_person(
    as_member: Client, deployed: Pipeline, new_deployment: Callable[..., Deployment]
) -> None:
    row = new_deployment(deployed, status="interrupted")
    Pipeline.objects.filter(pk=deployed.pk).update(last_deployment=row)
    assert f'href="/deployments/{row.pk}">Deploy of Churn' in text_of(as_member)


def test_what_fires_in_the_next_day_is_listed(as_member: Client, trigger: Trigger) -> None:
    text = text_of(as_member)
    assert "Next 24 hours" in text
    assert f'href="/pipelines/{trigger.pipeline_id}">Churn</a>' in text


def test_the_next_day_is_counted_from_the_sandboxs_clock(
    as_member: Client, trigger: Trigger, connection: Connection
) -> None:
    Connection.objects.filter(pk=connection.pk).update(clock_ahead=timedelta(days=40))
    [hour] = as_member.get("/").context["hours"]
    ahead = hour.firings[0].first - NOW
    assert timedelta(days=40) <= ahead <= timedelta(days=41, hours=1)


def test_paused_schedules_do_not_fire(as_member: Client, trigger: Trigger) -> None:
    Trigger.objects.filter(pk=trigger.pk).update(state="paused", paused=True, next=None)
    assert "No deployed schedule fires" in text_of(as_member)

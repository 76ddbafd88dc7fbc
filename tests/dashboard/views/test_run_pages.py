from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from dashboard.models import Connection, Pipeline, Run, Trigger, User


def text_of(browser: Client, path: str, **headers: str) -> str:
    return browser.get(path, headers=headers).content.decode()


def test_a_failed_run_says_why(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    run = new_run(deployed, status="failed", reason="Step Train failed: exit code 1")
    text = text_of(as_member, f"/runs/{run.pk}")
    assert "The run failed" in text and "Step Train failed: exit code 1" in text
    assert "AlgorithmError: exit code 1" in text
    assert "Rerun from failure" in text


def test_steps_stand_over_the_time_of_the_run(as_member: Client, run: Run) -> None:
    page = as_member.get(f"/runs/{run.pk}")
    assert [(bar.offset, bar.width) for bar in page.context["bars"]] == [(0, 50), (50, 50)]


def test_a_run_that_goes_on_renews_itself(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    run = new_run(deployed, status="running", ago=3)
    text = text_of(as_member, f"/runs/{run.pk}")
    assert f'hx-get="/runs/{run.pk}" hx-trigger="every 3s"' in text
    assert '<meta http-equiv="refresh"' in text  # without scripts
    assert "Stop run" in text and "So far" in text


def test_a_run_that_is_being_stopped_is_not_stopped_again(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    run = new_run(deployed, status="running", ago=3, cloud_status="Stopping")
    text = text_of(as_member, f"/runs/{run.pk}")
    assert "The cloud is stopping it" in text and "Stop run" not in text


def test_a_run_that_has_ended_does_not_ask_again(as_member: Client, run: Run) -> None:
    text = text_of(as_member, f"/runs/{run.pk}")
    assert "hx-trigger" not in text and 'http-equiv="refresh"' not in text


def test_htmx_gets_the_moving_part_only(as_member: Client, run: Run) -> None:
    text = text_of(as_member, f"/runs/{run.pk}", HX_Request="true")
    assert text.lstrip().startswith('<div id="run"') and "<html" not in text


def test_it_says_what_started_it(
    as_member: Client, trigger: Trigger, new_run: Callable[..., Run], member: User
) -> None:
    by_schedule = new_run(trigger.pipeline, trigger=trigger, trigger_kind="schedule")
    by_person = new_run(trigger.pipeline, ago=5, requested_by=member, trigger_kind="manual")
    outside = new_run(trigger.pipeline, ago=6, trigger_kind="manual")
    assert "0 6 * * *" in text_of(as_member, f"/runs/{by_schedule.pk}")
    assert "mel" in text_of(as_member, f"/runs/{by_person.pk}")
    assert "outside Skyclock" in text_of(as_member, f"/runs/{outside.pk}")


def test_the_clouds_own_word_stands_beside_ours(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    run = new_run(deployed, status="running", cloud_status="Executing", ago=1)
    assert "Executing" in text_of(as_member, f"/runs/{run.pk}")


def test_the_sandbox_has_no_console(
    as_member: Client, run: Run, real_connection: Connection
) -> None:
    assert "Open in the console" not in text_of(as_member, f"/runs/{run.pk}")
    Pipeline.objects.filter(pk=run.pipeline_id).update(connection=real_connection)
    text = text_of(as_member, f"/runs/{run.pk}")
    assert "Open in the console" in text and 'rel="noreferrer"' in text


def test_stopping_what_the_cloud_does_not_answer_says_so(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    run = new_run(deployed, status="running", ago=1)
    answer = as_member.post(
        f"/runs/{run.pk}/stop", headers={"referer": f"http://testserver/runs/{run.pk}"}
    )
    assert (answer.status_code, answer["Location"]) == (303, f"/runs/{run.pk}")
    assert "notice-error" in text_of(as_member, f"/runs/{run.pk}")


def test_stopping_what_has_ended_says_so(as_member: Client, run: Run) -> None:
    answer = as_member.post(f"/runs/{run.pk}/stop", follow=True)
    assert "has ended already" in answer.content.decode()


def test_real_time_is_told_from_a_clock_that_was_moved_ahead(
    as_member: Client, trigger: Trigger, run: Run
) -> None:
    Pipeline.objects.update(synced_at=run.seen_at)
    home = f"/pipelines/{run.pipeline_id}"

    def marked() -> list[bool]:
        pages = [
            text_of(as_member, path) for path in (f"/runs/{run.pk}", home, f"{home}/triggers/")
        ]
        return ["real time" in page.partition("<main")[2] for page in pages]

    assert not any(marked())
    Connection.objects.update(clock_ahead=timedelta(days=7))
    assert all(marked())


def test_what_the_cloud_cannot_rerun_is_said_instead_of_offered(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    Pipeline.objects.filter(pk=deployed.pk).update(blueprint="google_data_pipeline")
    run = new_run(deployed, status="failed")
    text = text_of(as_member, f"/runs/{run.pk}")
    assert "Dataflow runs a job from its beginning only." in text
    assert "Rerun from failure" not in text and ">Rerun</button>" in text


def test_a_step_that_an_ended_run_never_reached_does_not_wait(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    run = new_run(deployed, status="stopped")
    run.steps.filter(name="Train").update(
        status="queued", started=None, finished=None, after=["Prepare"]
    )
    text = text_of(as_member, f"/runs/{run.pk}")
    assert "Not started" in text and "■ not started" in text
    assert "Queued" not in text and "not yet" not in text
    Run.objects.filter(pk=run.pk).update(status="running", finished=None)
    assert "Queued" in text_of(as_member, f"/runs/{run.pk}")


def test_what_set_it_off_is_said_once(
    as_member: Client, trigger: Trigger, new_run: Callable[..., Run]
) -> None:
    Trigger.objects.filter(pk=trigger.pk).update(kind="object_created", cron="")
    run = new_run(trigger.pipeline, trigger=trigger, cause="data/x.csv")
    assert text_of(as_member, f"/runs/{run.pk}").count("data/x.csv") == 1
    long = new_run(trigger.pipeline, trigger=trigger, ago=5, cause=f"data/{'x' * 90}.csv")
    assert f"data/{'x' * 90}.csv" in text_of(as_member, f"/runs/{long.pk}")


def test_a_parameter_without_a_value_is_said_to_be_empty(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    run = new_run(deployed, parameters={"file": "", "rows": 0})
    text = text_of(as_member, f"/runs/{run.pk}")
    assert ">empty<" in text and ">0</td>" in text


def test_links_of_the_graph_are_not_hidden_in_a_picture(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    run = new_run(deployed)
    run.steps.filter(name="Train").update(after=["Prepare"])
    text = text_of(as_member, f"/runs/{run.pk}")
    assert 'aria-label="Prepare: succeeded"' in text and 'role="img"' not in text
    assert "2 steps. Train after Prepare." in text


def test_a_run_that_any_cloud_is_stopping_is_not_stopped_again(
    as_member: Client, deployed: Pipeline, new_run: Callable[..., Run]
) -> None:
    run = new_run(deployed, status="running", ago=3, cloud_status="Canceling")
    assert "Stop run" not in text_of(as_member, f"/runs/{run.pk}")


def test_each_step_names_its_own_log(as_member: Client, run: Run) -> None:
    text = text_of(as_member, f"/runs/{run.pk}")
    assert 'aria-label="Log of Prepare"' in text and 'aria-label="Log of Train"' in text

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from dashboard.models import Deployment, Pipeline, Trigger, Version
from dashboard.templatetags.deployments import short_kind
from dashboard.views import deployment_parts
from tests.dashboard.views.conftest import NOW, add_resource

NewDeployment = Callable[..., Deployment]


def text_of(browser: Client, deployment: Deployment) -> str:
    return browser.get(f"/deployments/{deployment.pk}").content.decode()


def ended(deployment: Deployment, status: str, **more: object) -> Deployment:
    changes = {"status": status, "finished_at": NOW + timedelta(seconds=9), **more}
    Deployment.objects.filter(pk=deployment.pk).update(**changes)
    deployment.refresh_from_db()
    return deployment


def test_a_running_one_shows_lines_and_follows_from_the_last(
    as_member: Client, running: Deployment
) -> None:
    text = text_of(as_member, running)
    assert 'data-last="3"' in text
    assert f'data-events="/deployments/{running.pk}/events"' in text
    assert "+ role &lt;b&gt;exec&lt;/b&gt; creating" in text
    assert "1 unchanged" in text and "Cancel deploy" in text
    assert '<meta http-equiv="refresh"' in text.partition("</noscript>")[0]


def test_one_that_has_ended_follows_nothing(as_member: Client, running: Deployment) -> None:
    text = text_of(as_member, ended(running, "succeeded", changes={"create": 1, "same": 1}))
    assert "data-events" not in text and 'http-equiv="refresh"' not in text
    assert "Done: 1 created, 1 unchanged." in text


def test_success_tells_the_proof(as_member: Client, running: Deployment, trigger: Trigger) -> None:
    text = text_of(as_member, ended(running, "succeeded"))
    assert "At 06:00 every day, Europe/Berlin: active, next firing" in text
    assert "read back from the cloud" in text


def test_a_schedule_that_is_missing_after_a_deployment_is_not_the_end(
    as_member: Client, running: Deployment, trigger: Trigger
) -> None:
    Trigger.objects.update(state="missing", next=None)
    text = text_of(as_member, ended(running, "succeeded", changes={"same": 9}))
    assert "Europe/Berlin: missing." in text and "Refresh, then deploy again" in text


def test_a_refresh_says_what_it_found(as_member: Client, running: Deployment) -> None:
    running.resources.filter(name="exec").update(op="delete", state="done")
    found = {"operation": "refresh", "changes": {"delete": 1, "update": 1, "same": 7}}
    text = text_of(as_member, ended(running, "succeeded", **found))
    assert "Found: 1 changed, 1 gone, 7 unchanged. Nothing was changed in the cloud." in text
    assert "Deploy to make again what is gone" in text and "deleted" not in text


def test_failure_tells_what_exists_and_what_to_do(as_member: Client, running: Deployment) -> None:
    running.resources.filter(name="exec").update(state="failed")
    add_resource(running, "pipeline", op="create", state="done", position=2)
    error = {
        "summary": "The role may not be passed.",
        "resource": "aws:iam/role:Role exec",
        "cloud_message": "AccessDenied: <iam:PassRole>",
        "hint": "Allow iam:PassRole.",
    }
    text = text_of(as_member, ended(running, "failed", error=error))
    assert "The role may not be passed." in text and "Allow iam:PassRole." in text
    assert "1 created, 1 failed, nothing deleted." in text
    assert "AccessDenied: &lt;iam:PassRole&gt;" in text
    assert "Retry deploy" in text


def test_an_interrupted_one_does_not_pretend_to_know(
    as_member: Client, running: Deployment
) -> None:
    text = text_of(as_member, ended(running, "interrupted"))
    assert "the worker stopped responding" in text and "Not known for certain" in text
    assert "not finished" in text and ">creating" not in text


def test_a_queued_one_says_for_whom_it_waits(
    as_member: Client, running: Deployment, new_deployment: NewDeployment
) -> None:
    waiting = new_deployment(running.pipeline, "refresh")
    text = text_of(as_member, waiting)
    line = f'Second in line: waits for <a href="/deployments/{running.pk}">deploy #{running.pk}</a>'
    assert line in text and "by mel on the same pipeline, running for" in text
    listed = as_member.get("/deployments").content.decode()
    assert f"second in line: waits for deployment {running.pk}, an up that mel asked for" in listed


def test_a_fresh_preview_can_be_applied(
    as_member: Client,
    pipeline: Pipeline,
    new_deployment: NewDeployment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    preview = new_deployment(pipeline, "preview", status="succeeded", changes={"create": 8})
    monkeypatch.setattr(deployment_parts.plans, "require_usable", lambda *_, **__: None)
    text = text_of(as_member, preview)
    assert "Deploying this version would mean: 8 to create" in text
    assert "Apply this plan" in text and f'name="plan" value="{preview.pk}"' in text


def test_a_plan_shows_what_changes_and_why_something_is_replaced(
    as_member: Client, pipeline: Pipeline, new_deployment: NewDeployment
) -> None:
    preview = new_deployment(pipeline, "preview", status="succeeded")
    changed = [
        {"path": "name", "op": "replace", "old": "a<b", "new": "c"},
        {"path": "arn", "op": "update", "old": "x", "new": "known after the apply"},
        {"path": "", "op": "more", "old": None, "new": "3 more"},
    ]
    preview.resources.create(
        urn="urn:r", kind="aws:iam/role:Role", name="r", op="replace", state="planned", position=0,
        properties=changed, replacement={"because": ["name"], "order": "delete_first"},
    )  # fmt: skip
    text = " ".join(text_of(as_member, preview).split())
    assert "Replaced, because name cannot be changed in place. The old one is deleted" in text
    assert '<span class="prop-path">name</span> <del>a&lt;b</del>' in text
    assert '<ins class="prop-unknown">known after the apply</ins>' in text
    assert "2 properties and 3 more" in text and "1 to replace" in text


def test_a_stale_preview_says_so_and_offers_another(
    as_member: Client, pipeline: Pipeline, new_deployment: NewDeployment
) -> None:
    text = text_of(as_member, new_deployment(pipeline, "preview", status="succeeded"))
    assert "Preview again" in text and "Apply this plan" not in text


def test_cancelling_what_waits_ends_it(
    as_member: Client, pipeline: Pipeline, new_deployment: NewDeployment
) -> None:
    row = new_deployment(pipeline)
    answer = as_member.post(f"/deployments/{row.pk}/cancel")
    assert (answer.status_code, answer["Location"]) == (303, f"/deployments/{row.pk}")
    text = text_of(as_member, row)
    assert "Nothing was changed in the cloud." in text and "Cancelled" in text


def test_a_log_that_never_began_promises_no_line(
    as_member: Client, pipeline: Pipeline, new_deployment: NewDeployment
) -> None:
    row = new_deployment(pipeline)
    assert "The first line comes when the operation starts" in text_of(as_member, row)
    text = text_of(as_member, ended(row, "cancelled"))
    assert "It ended before it wrote a line" in text and "The first line" not in text


def test_a_missing_permission_shows_what_to_grant(as_member: Client, running: Deployment) -> None:
    error = {
        "summary": "IAM role exec could not be created (AccessDenied)", "kind": "permission",
        "cloud_message": "User: u may not", "hint": "Add the statement below in IAM.",
        "policy": {"title": "Statement for the policy of u", "text": '{"Effect": "Allow"}',
                   "also": ["iam:GetRole", "iam:PassRole"]},
    }  # fmt: skip
    Deployment.objects.filter(pk=running.pk).update(status="failed", finished_at=NOW, error=error)
    text = as_member.get(f"/deployments/{running.pk}").content.decode()
    assert "A permission is missing" in text and "Statement for the policy of u" in text
    assert "&quot;Effect&quot;: &quot;Allow&quot;" in text and 'data-copy="policy"' in text
    assert "iam:GetRole\niam:PassRole" in text and "User: u may not" in text


def test_what_failed_offers_the_ways_on(
    as_member: Client, running: Deployment, new_deployment: NewDeployment
) -> None:
    pipeline = running.pipeline
    done = new_deployment(pipeline, status="succeeded", finished_at=NOW)
    Version.objects.create(pipeline=pipeline, number=2, settings={}, triggers=[])
    Pipeline.objects.update(current_version=pipeline.versions.get(number=2))
    Deployment.objects.filter(pk=running.pk).update(status="failed", finished_at=NOW)
    text = as_member.get(f"/deployments/{running.pk}").content.decode()
    assert "Retry deploy of v1" in text and "Roll back to v1" in text
    assert "Retry from here is not possible." in text
    answer = as_member.post(f"/deployments/{running.pk}/retry")
    retried = Deployment.objects.get(retry_of=running)
    assert answer["Location"] == f"/deployments/{retried.pk}"
    assert "from where it failed" not in as_member.get(answer["Location"]).content.decode()
    assert as_member.get(f"/deployments/{done.pk}").content.decode().count("Retry") == 0


def test_cancelling_what_runs_says_what_happens(as_member: Client, running: Deployment) -> None:
    text = as_member.post(f"/deployments/{running.pk}/cancel", follow=True).content.decode()
    assert "finished first" in text and "Stopping" in text
    assert "may be left behind in the cloud" in text and 'value="at-once"' in text
    running.refresh_from_db()
    assert (running.kill_requested_at, running.phase) == (
        None, "stopping: finishing aws:iam/role exec",
    )  # fmt: skip
    form = {"step": "at-once"}
    text = as_member.post(f"/deployments/{running.pk}/cancel", form, follow=True).content.decode()
    assert "Stopping at once." in text and 'value="at-once"' not in text


def test_cancelling_what_has_ended_says_so(as_member: Client, running: Deployment) -> None:
    ended(running, "succeeded")
    text = as_member.post(f"/deployments/{running.pk}/cancel", follow=True).content.decode()
    assert "has ended already" in text


def test_resources_stand_below_what_contains_them(running: Deployment) -> None:
    running.resources.all().delete()
    stack = resource(running, "stack", kind="pulumi:pulumi:Stack")
    resource(running, "queue", parent=stack, position=1)
    role = resource(
        running, "execution", kind="skyclock:aws:ExecutionRole", parent=stack, position=2
    )
    resource(running, "last", parent=stack, position=3)
    resource(running, "policy", parent=role, position=4)
    resource(running, "kept", op="same", parent=role, position=5)
    tree = deployment_parts.tree(list(running.resources.all()))
    shown = [(branch.resource.name, branch.depth) for branch in tree.changed]
    assert shown == [("queue", 0), ("execution", 0), ("policy", 1), ("last", 0)]
    assert [(branch.resource.name, branch.depth) for branch in tree.same] == [("kept", 0)]


def resource(deployment: Deployment, name: str, **more: object) -> str:
    usual = {"kind": "aws:iam/role:Role", "op": "create", "state": "done", "position": 0}
    row = deployment.resources.create(urn=f"urn:{name}", name=name, **{**usual, **more})
    return row.urn


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("aws:iam/role:Role", "aws:iam/role"),
        ("aws-native:sagemaker:Pipeline", "aws-native:sagemaker:Pipeline"),
        ("odd", "odd"),
    ],
)
def test_kinds_are_said_without_repeating(kind: str, said: str) -> None:
    assert short_kind(kind) == said


def test_it_says_how_long_it_usually_takes(
    as_member: Client, running: Deployment, new_deployment: NewDeployment
) -> None:
    prepare = {"phase": "prepare", "state": "finished"}
    for seconds in (30, 40, 90):
        begun = NOW - timedelta(hours=1)
        later = (begun + timedelta(seconds=12)).isoformat()
        new_deployment(
            running.pipeline, "up", status="succeeded", started_at=begun,
            finished_at=begun + timedelta(seconds=seconds),
            phases=[prepare | {"started": begun.isoformat(), "finished": later},
                    {"phase": "verify", "state": "finished", "started": begun.isoformat(),
                     "finished": later}],
        )  # fmt: skip
    new_deployment(running.pipeline, "destroy", status="succeeded", started_at=NOW)
    text = text_of(as_member, running)
    assert "usually 40 s" in text and "usually 12 s" in text
    assert "usually" not in text_of(as_member, ended(running, "succeeded"))


def test_the_tab_shows_the_state(as_member: Client, running: Deployment) -> None:
    text = " ".join(text_of(as_member, running).split())
    icon = 'rel="icon" type="image/svg+xml" href="data:image/svg+xml,'
    assert icon in text and "%E2%97%90" in text  # ◐
    assert "<title>◐ Deploy Churn" in text
    assert "%E2%9C%95" in text_of(as_member, ended(running, "failed"))  # ✕


def test_the_frame_says_where_and_on_which_version(as_member: Client, running: Deployment) -> None:
    Deployment.objects.filter(pk=running.pk).update(
        lease_owner="worker-3|boot|17|word", message="A larger instance"
    )
    running.version.number = 4
    running.version.save()
    text = text_of(as_member, running)
    assert "worker-3" in text and "A larger instance" in text
    assert "?from=3&amp;to=4#comparison" in text


def test_a_resource_that_is_being_changed_counts_its_time(
    as_member: Client, running: Deployment
) -> None:
    running.resources.filter(name="exec").update(started=NOW)
    (tree,) = re.findall(r'<ul class="tree">.*?</ul>', text_of(as_member, running), re.DOTALL)[:1]
    assert f'data-elapsed="{NOW.isoformat()}"' in tree
    running.resources.filter(name="exec").update(state="done", seconds=2.5)
    assert "2.5 s" in text_of(as_member, running)


def test_the_list_is_read_again_for_as_long_as_something_goes_on(
    as_member: Client, running: Deployment
) -> None:
    path = "/deployments?status=running"
    assert f'hx-get="{path}" hx-select="#rows"' in as_member.get(path).content.decode()
    ended(running, "succeeded")
    for path in ("/deployments", "/deployments?status=running"):
        assert "hx-trigger" not in as_member.get(path).content.decode().partition("<main")[2]

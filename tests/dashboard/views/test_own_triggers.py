"""Webhooks and completions on the pages of a Pipeline."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard.models import Hook, Pipeline, Start, Trigger
from dashboard.services import pipelines


@pytest.fixture
def webhook(deployed: Pipeline, member: object) -> Trigger:
    version = deployed.current_version
    assert version
    triggers = [*version.triggers, {"kind": "webhook"}]
    pipelines.update(actor=member, pipeline=deployed, triggers=triggers)
    return deployed.triggers.get(kind="webhook")


def triggers_page(browser: Client, trigger: Trigger) -> str:
    return browser.get(f"/pipelines/{trigger.pipeline_id}/triggers/").content.decode()


def test_a_secret_is_shown_once(as_member: Client, webhook: Trigger) -> None:
    assert "Make address and secret" in triggers_page(as_member, webhook)
    path = f"/pipelines/{webhook.pipeline_id}/triggers/{webhook.pk}/rotate"
    shown = as_member.post(path).content.decode()
    assert "whsec_" in shown and f"/hooks/{Hook.objects.get().public_id}" in shown
    later = triggers_page(as_member, webhook)
    assert "whsec_" not in later and "Rotate secret" in later
    assert f"http://testserver/hooks/{Hook.objects.get().public_id}" in later


def test_rotating_says_how_long_the_old_one_is_good(as_member: Client, webhook: Trigger) -> None:
    path = f"/pipelines/{webhook.pipeline_id}/triggers/{webhook.pk}/rotate"
    as_member.post(path)
    assert "is good until" in as_member.post(path, {"old": "keep"}).content.decode()
    assert "is good until" not in as_member.post(path, {"old": "end"}).content.decode()


def test_what_was_started_and_what_was_refused_is_listed(
    as_member: Client, webhook: Trigger
) -> None:
    for key, state, error in (("a", "started", ""), ("b", "refused", "No such parameter 'x'.")):
        Start.objects.create(
            pipeline=webhook.pipeline, trigger=webhook, key=key, cause=f"webhook {key}",
            state=state, error=error,
        )  # fmt: skip
    text = triggers_page(as_member, webhook)
    assert "Started by Skyclock" in text and "webhook a" in text
    assert "Refused" in text and "No such parameter" in text


def test_one_that_was_refused_has_a_button_that_retries_it(
    as_member: Client, webhook: Trigger
) -> None:
    start = Start.objects.create(
        pipeline=webhook.pipeline, trigger=webhook, key="a", cause="webhook a", state="refused",
        error="You may not.", next_attempt_at=None,
    )  # fmt: skip
    path = f"/starts/{start.pk}/retry"
    assert path in triggers_page(as_member, webhook)
    answer = as_member.post(path)
    assert (answer.status_code, answer["Location"]) == (
        303, f"/pipelines/{webhook.pipeline_id}/triggers/",
    )  # fmt: skip
    text = triggers_page(as_member, webhook)
    assert "Waiting" in text and path not in text
    as_member.post(path)
    assert "Only a start that was refused" in triggers_page(as_member, webhook)


def test_a_webhook_is_not_said_to_be_in_the_cloud(as_member: Client, webhook: Trigger) -> None:
    text = triggers_page(as_member, webhook)
    assert "When its webhook is called" in text and "Skyclock itself" in text

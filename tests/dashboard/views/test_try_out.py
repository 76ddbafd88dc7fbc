"""Putting a file and sending an event from a Pipeline's own pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashboard.models import Pipeline, Trigger
from dashboard.services import samples
from provisioning.errors import NotPossible


@pytest.fixture
def started_by_both(deployed: Pipeline) -> Pipeline:
    for key, kind, config in (
        ("t8", "object_created", {"prefix": "data/raw", "suffix": ".csv"}),
        ("t9", "event", {"source": "my.app", "types": ["ready"], "detail": None}),
    ):
        Trigger.objects.create(pipeline=deployed, key=key, kind=kind, config=config)
    return deployed


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would have gone into the cloud."""
    found: list[Any] = []

    def emit(*, actor: object, pipeline: Pipeline, sample: Any, detail: object) -> str:
        found.append(sample)
        return "sent"

    monkeypatch.setattr(samples, "_emit", emit)
    return found


def page_of(browser: Client, path: str) -> str:
    return browser.get(path).content.decode()


def test_a_file_can_be_dropped_where_the_trigger_looks(
    as_member: Client, started_by_both: Pipeline, sent: list[Any]
) -> None:
    text = page_of(as_member, f"/pipelines/{started_by_both.pk}")
    assert "Drop a file here" in text and 'name="key" value="data/"' in text
    file = SimpleUploadedFile("x.csv", b"a,b\n1,2\n")
    answer = as_member.post(
        f"/pipelines/{started_by_both.pk}/objects", {"key": "data/", "file": file}
    )
    assert answer.status_code == 303
    assert [(one.key, one.content) for one in sent] == [("data/x.csv", b"a,b\n1,2\n")]


def test_content_can_be_typed_instead(
    as_member: Client, started_by_both: Pipeline, sent: list[Any]
) -> None:
    typed = {"key": "data/y.csv", "content": "a\n"}
    as_member.post(f"/pipelines/{started_by_both.pk}/objects", typed)
    assert [(one.key, one.content) for one in sent] == [("data/y.csv", b"a\n")]


def test_an_event_is_sent_with_its_detail(
    as_member: Client, started_by_both: Pipeline, sent: list[Any]
) -> None:
    typed = {"source": "my.app", "type": "ready", "detail": '{"rows": 3}'}
    as_member.post(f"/pipelines/{started_by_both.pk}/events", typed)
    assert [(one.source, one.type, one.detail) for one in sent] == [
        ("my.app", "ready", {"rows": 3})
    ]


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
    as_member: Client, started_by_both: Pipeline, sent: list[Any]
) -> None:
    path = f"/pipelines/{started_by_both.pk}/events"
    answer = as_member.post(path, {"source": "my.app", "type": "ready", "detail": "[1"})
    assert answer.status_code == 400
    assert "This is not JSON" in answer.content.decode() and "[1" in answer.content.decode()
    answer = as_member.post(f"/pipelines/{started_by_both.pk}/objects", {"key": ""})
    assert answer.status_code == 400 and "choose a file" in answer.content.decode()
    assert sent == []


def test_what_the_cloud_refuses_is_told_in_its_words(
    as_member: Client, started_by_both: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> str:
        raise NotPossible("The bucket is gone.")

    monkeypatch.setattr(samples, "_emit", refuse)
    typed = {"key": "data/y.csv", "content": "a\n"}
    answer = as_member.post(f"/pipelines/{started_by_both.pk}/objects", typed)
    assert answer.status_code == 400
    assert "The bucket is gone." in answer.content.decode()


def test_the_page_is_filled_with_what_the_triggers_look_for(
    as_member: Client, started_by_both: Pipeline
) -> None:
    text = page_of(as_member, f"/pipelines/{started_by_both.pk}/try")
    assert 'value="my.app"' in text and 'value="ready"' in text and 'value="data/raw"' in text


def test_a_pipeline_on_schedules_only_offers_nothing_to_drop(
    as_member: Client, deployed: Pipeline
) -> None:
    assert "Drop a file here" not in page_of(as_member, f"/pipelines/{deployed.pk}")
    assert "Try out" not in page_of(as_member, f"/pipelines/{deployed.pk}")

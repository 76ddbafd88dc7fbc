import pytest

from dashboard.forms import triggers
from dashboard.models import Pipeline
from provisioning.contracts import TriggerKind


def test_a_run_can_follow_another_pipelines(at_when, new_pipeline):
    upstream = new_pipeline("ingest-nightly")
    at_when.press("add-trigger:completion")
    typed = {"pipeline": str(upstream.pk), "on": "failed", "parameters": '{"Rate": "1"}'}
    at_when.press("next", **{f"triggers__1__{name}": value for name, value in typed.items()})
    assert "When a run of ingest-nightly fails" in at_when.page.text
    at_when.press("save")
    saved = Pipeline.objects.exclude(pk=upstream.pk).get()
    trigger = saved.triggers.get(kind="completion")
    assert trigger.config == {
        "pipeline": upstream.pk, "on": "failed", "parameters": {"Rate": "1"},
    }  # fmt: skip


def test_a_webhook_needs_nothing_typed(at_when):
    at_when.press("remove-trigger:0")
    at_when.press("add-trigger:webhook")
    at_when.press("next")
    assert "When its webhook is called" in at_when.page.text
    at_when.press("save")
    assert [one.kind for one in Pipeline.objects.get().triggers.all()] == ["webhook"]


def test_what_is_missing_is_said_at_its_field(at_when):
    at_when.press("add-trigger:completion")
    at_when.press("next")
    assert at_when.status == 422
    assert 'id="f-triggers-1-pipeline-wrong"' in at_when.page.html


def test_a_kind_that_the_cloud_does_not_have_is_not_offered_and_refused(at_when):
    assert "add-trigger:tumbling_window" not in at_when.page.buttons
    typed = {**at_when.page.values, "triggers.#": "2", "triggers.1.kind": "tumbling_window"}
    answer = at_when.client.post(at_when.url, {**typed, "do": "next"})
    assert answer.status_code == 422
    assert "has no triggers of this kind" in answer.content.decode()


def test_an_edit_shows_what_was_saved(at_when, new_pipeline):
    upstream = new_pipeline("ingest-nightly")
    at_when.press("add-trigger:completion")
    at_when.press("next", triggers__1__pipeline=str(upstream.pk))
    at_when.press("save")
    saved = Pipeline.objects.exclude(pk=upstream.pk).get()
    at_when.open(f"/pipelines/{saved.pk}/edit?step=when")
    assert at_when.page.values["triggers.1.pipeline"] == str(upstream.pk)
    assert at_when.page.values["triggers.1.key"] == "t2"


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (
            "tumbling_window",
            {
                "frequency": "hour",
                "interval": 6,
                "start": "2026-01-01T00:00:00Z",
                "end": None,
                "delay_seconds": 60,
                "max_concurrency": 2,
                "retry_count": 1,
                "retry_interval_seconds": 30,
            },
        ),
        ("object_created", {"prefix": "data/", "suffix": ".csv"}),
        (
            "event",
            {"source": "my.app", "types": ["a", "b"], "detail": {"table": ["orders"]}},
        ),
        ("completion", {"pipeline": 4, "on": "failed"}),
        ("completion", {"pipeline": 4, "on": "failed", "parameters": {"Rate": "1"}}),
        ("webhook", {}),
    ],
)
def test_what_is_shown_of_a_trigger_reads_back_the_same(kind, values):
    typed = triggers.to_typed({"kind": kind, "key": "t3", **values})
    value, problems = triggers.to_value(typed)
    assert problems == []
    start = value.pop("start", None)
    assert start is None or start.isoformat() == "2026-01-01T00:00:00+00:00"
    wanted = {name: each for name, each in values.items() if each is not None and name != "start"}
    assert value == {"kind": kind, "key": "t3", **wanted}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "tumbling_window", "interval": "six"}, "interval"),
        ({"kind": "tumbling_window", "start": "soon"}, "start"),
        ({"kind": "event", "detail": "{"}, "detail"),
        ({"kind": "event", "detail": "[1]"}, "detail"),
        ({"kind": "completion", "pipeline": "x"}, "pipeline"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field(typed, field):
    assert [problem.field for problem in triggers.to_value(typed)[1]] == [field]


def test_a_kind_of_another_release_is_shown_as_a_schedule():
    assert triggers.kind_of({"kind": "lunar"}) is TriggerKind.SCHEDULE


def test_the_sentence_follows_what_is_typed(at_when):
    asked = {
        "at": "1",
        "blueprint": "aws_sagemaker_pipeline",
        "triggers.1.kind": "webhook",
    }
    html = at_when.client.get("/triggers/preview", asked).content.decode()
    assert html.strip() == "When its webhook is called"


def test_the_summary_names_the_trigger_and_the_field(at_when):
    at_when.press("add-trigger:event")
    at_when.press("next", triggers__0__timezone="Berlin")
    assert "Schedule, Time zone: " in at_when.page.text
    assert "Event, Source: This is required." in at_when.page.text
    assert "Event, Types: This is required." in at_when.page.text

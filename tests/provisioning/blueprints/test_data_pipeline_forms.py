"""Settings of a Google data pipeline: what is accepted, what is said about mistakes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.blueprints.google_common.names import Place
from provisioning.blueprints.google_data_pipeline.blueprint import BLUEPRINT
from provisioning.blueprints.google_data_pipeline.building import worker_of, workload
from provisioning.blueprints.google_data_pipeline.settings import Settings
from provisioning.contracts import StackSpec
from provisioning.errors import InvalidInput, ScheduleRefused
from tests.provisioning.blueprints.data_pipelines import (
    daily,
    on_event,
    on_object,
    pasted,
    problems,
    settings,
    spec,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PLACE = Place("europe-west1", "skyclock-test")
FLEX = "dataflowFlexTemplateRequest"


def built(wanted: dict[str, Any]) -> dict[str, Any]:
    return workload(Settings.model_validate(BLUEPRINT.validate(wanted)), "word-count", PLACE)


def refused(*triggers: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        BLUEPRINT.prepare(spec(triggers=triggers), NOW)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"template": ""}, "template", "required"),
        ({"template": "dataflow-templates/x"}, "template", "gs://bucket/folder"),
        ({"job_name": "Nightly"}, "job_name", "letter first"),
        ({"parameters": {"in put": "x"}}, "parameters.in put", "name that the template knows"),
        ({"parameters": {"in": "gs://${buckets}/x"}}, "parameters.in", "stands for nothing"),
        (
            {"environment": {"num_workers": 5, "max_workers": 2}},
            "environment.num_workers",
            "more than the most",
        ),
        ({"environment": {"num_workers": 0}}, "environment.num_workers", "At least 1"),
        (
            {"environment": {"public_addresses": False}},
            "environment.subnetwork",
            "Private Google Access",
        ),
        ({"environment": {"service_account": "me"}}, "environment.service_account", "@project"),
        ({"data_access": {"read": ["gs://b"]}}, "data_access.read.0", "without gs://"),
    ],
)
def test_a_mistake_is_told_at_its_field(change: dict[str, Any], field: str, sentence: str) -> None:
    found = problems(settings(**change))
    assert [*found] in ([field], [f"{field}.[key]"])
    assert sentence in " ".join(found.values())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "This is not JSON"),
        ("[]", "Give one of dataflowLaunchTemplateRequest and dataflowFlexTemplateRequest"),
        ('{"dataflowLaunchTemplateRequest": []}', "has to be an object"),
        ('{"dataflowLaunchTemplateRequest": {}}', "gcsPath is required"),
        (pasted(gcsPath="gs://bbb/t", projectId="other")["workload"], "Leave projectId out"),
        (
            pasted(gcsPath="gs://bbb/t", launchParameters={"update": True})["workload"],
            "Leave update",
        ),
        (pasted(gcsPath="gs://bbb/t", launchParameters={"job": "x"})["workload"], "has no 'job'"),
        (
            pasted(gcsPath="gs://bbb/t", launchParameters={"parameters": {"n": 1}})["workload"],
            "table of names and texts",
        ),
        (pasted(FLEX, launchParameter={"jobName": "j"})["workload"], "containerSpecGcsPath"),
        (
            pasted(gcsPath="gs://bbb/t", launchParameters={"jobName": "J_"})["workload"],
            "jobName has",
        ),
        (pasted(gcsPath="gs://${temp}/t")["workload"], "stands for nothing"),
    ],
)
def test_a_mistake_in_a_pasted_workload_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        BLUEPRINT.validate({"source": "workload", "workload": text})
    assert {each.field for each in caught.value.problems} == {"workload"}
    assert sentence in str(caught.value)


def test_a_mistake_in_json_names_its_line() -> None:
    with pytest.raises(InvalidInput) as caught:
        BLUEPRINT.validate({"source": "workload", "workload": '{\n "a": ,\n}'})
    assert [each.line for each in caught.value.problems] == [2]


def test_a_form_becomes_what_the_api_takes() -> None:
    assert built(settings(job_name="count", environment={"num_workers": 2})) == {
        "dataflowLaunchTemplateRequest": {
            "gcsPath": "gs://dataflow-templates/latest/Word_Count",
            "location": "europe-west1",
            "projectId": "skyclock-test",
            "launchParameters": {
                "jobName": "count",
                "parameters": {
                    "inputFile": "gs://dataflow-samples/shakespeare/kinglear.txt",
                    "output": f"gs://{PLACE.bucket('word-count', 'data')}/output/count",
                },
                "environment": {
                    "numWorkers": 2,
                    "serviceAccountEmail": "skyclock-word-count-worker@skyclock-test.iam."
                    "gserviceaccount.com",
                    "tempLocation": f"gs://{PLACE.bucket('word-count', 'work')}/temp",
                    "additionalUserLabels": {"skyclock-pipeline": "word-count"},
                },
            },
        }
    }


def test_a_flex_template_has_its_specification_inside() -> None:
    request = built(settings(template_kind="flex", template="gs://bbb/spec.json"))[FLEX]
    assert request["launchParameter"]["containerSpecGcsPath"] == "gs://bbb/spec.json"
    assert request["launchParameter"]["jobName"] == "skyclock-word-count"


def test_a_pasted_workload_keeps_what_it_says() -> None:
    said = {"machineType": "n2-standard-8", "additionalUserLabels": {"team": "lab"}}
    launch = {"containerSpecGcsPath": "gs://bbb/s", "environment": said, "parameters": {"a": "b"}}
    found = built(pasted(FLEX, launchParameter=launch))[FLEX]["launchParameter"]
    assert found["environment"]["machineType"] == "n2-standard-8"
    assert found["environment"]["additionalUserLabels"] == {
        "team": "lab",
        "skyclock-pipeline": "word-count",
    }
    assert found["parameters"] == {"a": "b"}


def test_a_named_account_is_the_workers() -> None:
    own = "jobs@skyclock-test.iam.gserviceaccount.com"
    form = Settings.model_validate(settings(environment={"service_account": own}))
    launch = {"environment": {"serviceAccountEmail": own}}
    json_text = Settings.model_validate(pasted(gcsPath="gs://bbb/t", launchParameters=launch))
    assert worker_of(form) == worker_of(json_text) == own
    assert worker_of(Settings.model_validate(settings())) == ""


# ── Triggers ────────────────────────────────────────────────────────────────────────


def test_a_schedule_is_written_in_googles_words() -> None:
    prepared = BLUEPRINT.prepare(spec(triggers=(on_object(), daily())), NOW)
    assert prepared.natives == {"t1": ("0 6 * * * Europe/Berlin",)}
    native = BLUEPRINT.native_schedule(daily(cron="*/15 * * * *"))
    assert (native.dialect, native.expressions) == ("Google Data Pipelines", ("*/15 * * * *",))


def test_a_second_schedule_is_refused_with_what_to_do() -> None:
    found = refused(daily(), on_object(), daily("t4", cron="0 18 * * *"))
    assert [*found] == ["triggers.2.cron"]
    assert "has one schedule" in found["triggers.2.cron"]


def test_a_schedule_that_google_would_not_keep_is_refused_at_its_field() -> None:
    end = datetime(2027, 5, 1, tzinfo=UTC)
    assert "has no end date" in refused(on_object(), daily(end=end))["triggers.1.end"]
    with pytest.raises(ScheduleRefused, match="does not exist in Europe/Berlin"):
        BLUEPRINT.native_schedule(daily(cron="30 2 * * *"))


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ({"prefix": "data/", "suffix": ""}, {"prefix": "data/new/", "suffix": ".csv"}, True),
        ({"prefix": "", "suffix": ".csv"}, {"prefix": "a/", "suffix": "x.csv"}, True),
        ({"prefix": "a/", "suffix": ""}, {"prefix": "b/", "suffix": ""}, False),
        ({"prefix": "a/", "suffix": ".csv"}, {"prefix": "a/", "suffix": ".txt"}, False),
    ],
)
def test_one_object_starts_one_run(
    one: dict[str, str], other: dict[str, str], overlap: bool
) -> None:
    both = (on_object("a", **one), on_object("b", **other))
    if overlap:
        assert "would start two runs" in refused(*both)["triggers.1.prefix"]
    else:
        BLUEPRINT.prepare(spec(triggers=both), NOW)


def test_one_event_starts_one_run() -> None:
    found = refused(on_event("a", types=("x", "y")), on_event("b", types=("y", "z")))
    assert "would start two runs" in found["triggers.1.types"]


def test_what_google_cannot_look_at_is_refused() -> None:
    found = refused(on_event(detail={"rows": [1]}))
    assert "inside of a message" in found["triggers.0.detail"]
    assert "leave it out" in refused(on_event(types=("${x}",)))["triggers.0.types"]


def test_what_it_cannot_do_is_said_before_it_is_clicked() -> None:
    effects = BLUEPRINT.effects
    assert "no pause" in effects.pause
    assert "for good" in effects.stop
    assert "no others" in effects.run_now


def test_a_prepared_spec_can_be_passed_on() -> None:
    prepared = BLUEPRINT.prepare(spec(triggers=(daily(), on_object(), on_event())), NOW)
    assert StackSpec.model_validate_json(prepared.model_dump_json()) == prepared
    assert json.loads(prepared.model_dump_json())["natives"]["t1"]

"""What of the cloud a definition can say: offered only where it then says exactly that."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.blueprints import registry
from provisioning.blueprints.common.drift import gathered
from provisioning.contracts import (
    Acceptance,
    Difference,
    Drift,
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    StackSpec,
    TriggerProof,
    TriggerState,
)
from provisioning.operations import drifting
from tests.provisioning.blueprints.examples import example_spec

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
DAILY = ScheduleSpec(key="daily", cron="0 6 * * *", timezone="Europe/Berlin")
LANDING = ObjectCreatedSpec(key="landing", prefix="in/", suffix=".csv")
ORDER = EventSpec(key="order", source="shop", types=("Order placed",))
SCHEDULE = "aws:scheduler/schedule:Schedule"
RULE = "aws:cloudwatch/eventRule:EventRule"
NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"
TRIGGER = "azure-native:datafactory:Trigger"
PIPELINE = "gcp:dataflow/pipeline:Pipeline"
SERVICE = "gcp:cloudrunv2/service:Service"


def prepared(kind: str, *triggers: Any, **settings: Any) -> StackSpec:
    blueprint = registry.get(kind)
    spec = example_spec(blueprint, slug="churn").model_copy(update={"triggers": triggers})
    both = blueprint.validate({**spec.settings, **settings})
    return blueprint.prepare(spec.model_copy(update={"settings": both}), NOW)


def told(spec: StackSpec, *differences: Difference, **states: TriggerState) -> list[Drift]:
    """As an operation tells it; triggers whose state is not given could not be read."""
    proofs = [TriggerProof(key=key, state=state, verified_at=NOW) for key, state in states.items()]
    blueprint = registry.get(spec.blueprint)
    return list(drifting.explained(blueprint, spec, differences, proofs=proofs, now=NOW))


def differs(kind: str, name: str, path: str, old: Any, new: Any, **more: Any) -> Difference:
    return Difference(kind=kind, name=name, path=path, expected=old, found=new, urn="u", **more)


def scheduled(expression: str, zone: str = "Europe/Berlin") -> tuple[Difference, ...]:
    """An AWS schedule that says this now; the engine tells of expression and zone apart."""
    old = {"scheduleExpression": "cron(0 6 * * ? *)", "scheduleExpressionTimezone": "Europe/Berlin"}
    new = {"scheduleExpression": expression, "scheduleExpressionTimezone": zone}
    return tuple(
        differs(SCHEDULE, "daily", path, old[path], new[path], before=old, after=new)
        for path in old
        if old[path] != new[path]
    )


@pytest.mark.parametrize(
    ("expression", "zone", "cron"),
    [
        ("cron(0 7 * * ? *)", "Europe/Berlin", "0 7 * * *"),
        ("cron(0 7 * * ? *)", "Asia/Tokyo", "0 7 * * *"),
        ("cron(30 5 ? * MON-FRI *)", "Europe/Berlin", "30 5 * * 1-5"),
        ("cron(0 0 1 JAN ? *)", "UTC", None),  # it would be written 1, not JAN
        ("cron(0 7 L * ? *)", "Europe/Berlin", None),
        ("cron(0 7 * * ? 2027)", "Europe/Berlin", None),
        ("rate(1 day)", "UTC", None),
    ],
)
def test_a_schedule_of_aws_is_taken_over_where_cron_says_the_same(
    expression: str, zone: str, cron: str | None
) -> None:
    spec = prepared("aws_sagemaker_pipeline", DAILY)
    (drift,) = told(spec, *scheduled(expression, zone))
    kept = ", Europe/Berlin" if zone != "Europe/Berlin" else ""
    assert f"at 06:00 every day{kept} →" in drift.sentence
    if cron is None:
        assert drift.acceptance is None and drift.refusal
    else:
        fields = {"cron": cron, "timezone": zone, "accepted": ""}
        assert drift.acceptance == Acceptance(trigger="daily", fields=fields)


def test_what_a_clock_change_would_break_says_why_not() -> None:
    (drift,) = told(prepared("aws_sagemaker_pipeline", DAILY), *scheduled("cron(30 2 * * ? *)"))
    assert drift.acceptance is None
    assert "cannot be saved so" in drift.refusal


def test_that_people_paused_it_is_no_drift_and_a_stop_is() -> None:
    stopped = differs(SCHEDULE, "daily", "state", "ENABLED", "DISABLED")
    paused = DAILY.model_copy(update={"paused": True})
    spec = prepared("aws_sagemaker_pipeline", paused)
    assert told(spec, stopped, daily=TriggerState.PAUSED) == []
    (drift,) = told(spec, daily=TriggerState.ACTIVE)
    assert "runs in the cloud, though it is paused here" in drift.sentence
    assert drift.acceptance == Acceptance(trigger="daily", paused=False)

    spec = prepared("aws_sagemaker_pipeline", DAILY)
    (drift,) = told(spec, stopped, daily=TriggerState.PAUSED)
    assert drift.sentence == "The trigger daily was stopped in the cloud."
    (unread,) = told(spec, stopped)
    assert unread.sentence == "The schedule daily was stopped in the cloud."
    assert drift.acceptance == unread.acceptance == Acceptance(trigger="daily", paused=True)


def test_patterns_of_rules_are_taken_over_as_their_triggers_say_them() -> None:
    spec = prepared("aws_sagemaker_pipeline", LANDING, ORDER)
    old = spec.natives["order"][0]
    new = json.dumps({"detail-type": ["Order placed", "Order paid"], "source": ["shop"]})
    (drift,) = told(spec, differs(RULE, "order", "eventPattern", old, new))
    assert drift.acceptance and drift.acceptance.fields["types"] == ["Order placed", "Order paid"]
    two = json.dumps({"source": ["shop", "till"], "detail-type": ["Order placed"]})
    (drift,) = told(spec, differs(RULE, "order", "eventPattern", old, two))
    assert drift.acceptance is None

    old = spec.natives["landing"][0]
    new = old.replace("in/", "new/")
    (drift,) = told(spec, differs(RULE, "landing", "eventPattern", old, new))
    assert drift.acceptance == Acceptance(
        trigger="landing", fields={"prefix": "new/", "suffix": ".csv"}
    )


def notification(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Difference:
    wholes = {"before": {"lambdaFunctions": old}, "after": {"lambdaFunctions": new}}
    return differs(NOTIFICATION, "notification", "lambdaFunctions[0]", None, None, **wholes)


def test_a_buckets_notification_is_one_thing() -> None:
    spec = prepared("aws_s3_retraining", LANDING)
    rule = {"id": "landing", "filterPrefix": "in/", "filterSuffix": ".csv", "events": ["x"]}
    (drift,) = told(spec, notification([rule], [{**rule, "filterPrefix": "new/"}]))
    assert drift.acceptance == Acceptance(
        trigger="landing", fields={"prefix": "new/", "suffix": ".csv"}
    )
    (drift,) = told(spec, notification([rule], []))
    assert "no longer tells the function of objects for landing" in drift.sentence
    paused = prepared("aws_s3_retraining", LANDING.model_copy(update={"paused": True}))
    assert told(paused, notification([rule], [])) == [], "people paused it"
    (drift,) = told(paused, notification([], [rule]), landing=TriggerState.ACTIVE)
    assert "though it is paused here" in drift.sentence
    (drift,) = told(spec, notification([rule], [rule, {"id": "other", "events": ["x"]}]))
    assert drift.acceptance is None


def recurring(**schedule: Any) -> Difference:
    old = recurrence()
    new = {**old, "schedule": {**old["schedule"], **schedule}}
    wholes = {"before": {"properties": {"recurrence": old}},
              "after": {"properties": {"recurrence": new}}}  # fmt: skip
    return differs(TRIGGER, "daily", "properties.recurrence.schedule.hours[0]", 6, 7, **wholes)


def recurrence() -> dict[str, Any]:
    spec = prepared("azure_data_factory", DAILY)
    found: dict[str, Any] = json.loads(spec.natives["daily"][0])
    return found


def test_a_recurrence_of_azure_is_taken_over_where_cron_says_the_same() -> None:
    spec = prepared("azure_data_factory", DAILY)
    (drift,) = told(spec, recurring(hours=[7]), recurring(hours=[7]))
    assert drift.sentence == (
        "The trigger daily was rescheduled in the cloud: at 06:00 every day → "
        "at 07:00 every day, Europe/Berlin."
    )
    assert drift.acceptance and drift.acceptance.fields["cron"] == "0 7 * * *"
    (drift,) = told(spec, recurring(weekDays=["Monday"]))
    assert drift.acceptance is None, "a recurrence by day takes no weekdays"


@pytest.mark.parametrize(
    ("path", "new", "fields"),
    [
        ("blobPathBeginsWith", "/data/blobs/new/", {"prefix": "new/"}),
        ("blobPathEndsWith", ".json", {"suffix": ".json"}),
        ("blobPathBeginsWith", "/elsewhere/blobs/", None),
        ("scope", "/subscriptions/x", None),
    ],
)
def test_what_a_blob_trigger_waits_for_is_taken_over(
    path: str, new: str, fields: dict[str, str] | None
) -> None:
    spec = prepared("azure_data_factory", LANDING)
    (drift,) = told(spec, differs(TRIGGER, "landing", f"properties.{path}", "old", new))
    found = drift.acceptance and drift.acceptance.fields
    assert found == fields


def test_that_a_trigger_of_azure_runs_is_told_by_reading_it_back() -> None:
    """It is made stopped and started by a call, so that the state knows nothing of it."""
    spec = prepared("azure_data_factory", DAILY)
    runs = differs(TRIGGER, "daily", "properties.runtimeState", "Stopped", "Started")
    assert told(spec, runs, daily=TriggerState.ACTIVE) == []
    (drift,) = told(spec, daily=TriggerState.PAUSED)
    assert drift.sentence == "The trigger daily was stopped in the cloud."


def google_schedule(new: dict[str, str] | None) -> Difference:
    old = {"schedule": "0 6 * * *", "timeZone": "Europe/Berlin"}
    wholes = {"before": {"scheduleInfo": old}, "after": {"scheduleInfo": new} if new else {}}
    return differs(PIPELINE, "pipeline", "scheduleInfo.schedule", None, None, **wholes)


def test_a_schedule_of_google_is_taken_over() -> None:
    spec = prepared("google_data_pipeline", DAILY)
    (drift,) = told(spec, google_schedule({"schedule": "0 7 * * *", "timeZone": "Asia/Tokyo"}))
    fields = {"cron": "0 7 * * *", "timezone": "Asia/Tokyo", "accepted": ""}
    assert drift.acceptance == Acceptance(trigger="daily", fields=fields)
    (drift,) = told(spec, google_schedule({"schedule": "0 7 * * *", "timeZone": "UTC"}))
    assert "would write it otherwise" in drift.refusal
    (drift,) = told(spec, google_schedule(None), daily=TriggerState.PAUSED)
    assert drift.acceptance == Acceptance(trigger="daily", paused=True)
    paused = prepared("google_data_pipeline", DAILY.model_copy(update={"paused": True}))
    assert told(paused, google_schedule(None), daily=TriggerState.PAUSED) == []


@pytest.mark.parametrize(
    ("blueprint", "kind", "path", "new", "settings"),
    [
        ("google_data_pipeline", PIPELINE,
         "workload.dataflowLaunchTemplateRequest.launchParameters.environment.maxWorkers", 5,
         {"environment.max_workers": 5}),
        ("google_data_pipeline", PIPELINE,
         "workload.dataflowLaunchTemplateRequest.launchParameters.parameters.output", "gs://b/c",
         {"parameters.output": "gs://b/c"}),
        ("google_eventarc_retraining", SERVICE, "template.scaling.maxInstanceCount", 9,
         {"service.max_instances": 9}),
        ("google_eventarc_retraining", SERVICE, "template.timeout", "300s",
         {"service.timeout_seconds": 300}),
        ("google_eventarc_retraining", SERVICE, "ingress", "INGRESS_TRAFFIC_ALL", None),
        ("aws_event_sourced_training", "aws:sagemaker/notebookInstance:NotebookInstance",
         "instanceType", "ml.m5.xlarge", {"notebook.instance_type": "ml.m5.xlarge"}),
        ("aws_sagemaker_pipeline", "aws:iam/role:Role", "maxSessionDuration", 7200, None),
    ],
)  # fmt: skip
def test_plain_settings_are_taken_over_one_to_one(
    blueprint: str, kind: str, path: str, new: Any, settings: dict[str, Any] | None
) -> None:
    (drift,) = told(prepared(blueprint), differs(kind, "it", path, "old", new))
    assert (drift.acceptance.settings if drift.acceptance else None) == settings
    assert bool(drift.refusal) == (settings is None)


def test_a_pasted_definition_is_taken_over_and_a_form_is_not() -> None:
    kind, path = "aws-native:sagemaker:Pipeline", "pipelineDefinition.pipelineDefinitionBody"
    (drift,) = told(prepared("aws_sagemaker_pipeline"), differs(kind, "pipeline", path, "a", "b"))
    assert drift.acceptance is None and "form" in drift.refusal


def test_what_is_gone_can_only_be_restored() -> None:
    gone = Difference(kind="aws:s3/bucket:Bucket", name="data", path="", urn="u")
    (drift,) = told(prepared("aws_sagemaker_pipeline"), gone)
    assert (drift.gone, drift.acceptance) == (True, None)
    assert "restored" in drift.refusal


def test_what_nobody_knows_is_named_plainly_and_never_dropped() -> None:
    for kind in ("aws:made/up:Kind", "azure-native:made:Up", "gcp:made/up:Kind"):
        for blueprint in ("aws_sagemaker_pipeline", "azure_data_factory", "google_data_pipeline"):
            (drift,) = told(prepared(blueprint), differs(kind, "it", "newThing", 1, 2))
            assert drift.sentence == f"{kind} it was changed in the cloud: newThing, 1 → 2."
            assert not drift.cosmetic


def test_what_the_cloud_only_spells_out_is_cosmetic() -> None:
    spec = prepared("aws_sagemaker_pipeline")
    spelt = differs("aws:sqs/queue:Queue", "dead-letters", "fifoQueue", None, False)
    assert [each.cosmetic for each in told(spec, spelt)] == [True]
    switched_on = differs("aws:sqs/queue:Queue", "dead-letters", "fifoQueue", None, True)
    assert [each.cosmetic for each in told(spec, switched_on)] == [False]


def test_a_secret_has_no_values_in_its_sentence() -> None:
    secret = differs("aws:lambda/function:Function", "starter", "kmsKeyArn", None, None)
    (drift,) = told(prepared("aws_s3_retraining"), secret)
    assert drift.sentence == "The function starter was changed in the cloud: kmsKeyArn."


def test_a_policy_says_what_it_allows_now() -> None:
    def policy(*actions: str) -> str:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    kind, spec = "aws:iam/rolePolicy:RolePolicy", prepared("aws_sagemaker_pipeline")
    wider = differs(kind, "p", "policy", policy("s3:GetObject"), policy("s3:GetObject", "s3:*"))
    assert told(spec, wider)[0].sentence == "The policy p was widened: it also allows s3:* on *."
    less = differs(kind, "p", "policy", policy("s3:GetObject", "s3:*"), policy("s3:GetObject"))
    assert "was narrowed: it no longer allows s3:* on *" in told(spec, less)[0].sentence


def test_differences_of_other_resources_stay_apart() -> None:
    blueprint = registry.get("aws_sagemaker_pipeline")
    other = differs("aws:sqs/queue:Queue", "q", "delaySeconds", 0, 5)
    assert gathered([other, other], blueprint.wholes) == [other]

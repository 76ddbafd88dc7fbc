"""What the contract suite deploys of each Blueprint: its example, with every trigger it has.

A new Blueprint needs a line in CHANGES, and one in TRIGGERS where the usual ones do not fit.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from provisioning.blueprints.base import Blueprint
from provisioning.contracts import (
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    StackSpec,
    TriggerKind,
    TriggerSpec,
    TumblingWindowSpec,
)
from tests.sandbox_process import ACCOUNTS

USUAL: dict[TriggerKind, TriggerSpec] = {
    TriggerKind.SCHEDULE: ScheduleSpec(key="t1", cron="0 6 * * *", timezone="UTC"),
    TriggerKind.TUMBLING_WINDOW: TumblingWindowSpec(
        key="t2", frequency="hour", interval=24, start=datetime(2031, 1, 1, tzinfo=UTC)
    ),
    TriggerKind.OBJECT_CREATED: ObjectCreatedSpec(key="t3", prefix="data/", suffix=".csv"),
    TriggerKind.EVENT: EventSpec(key="t4", source="example.data", types=("dataset.ready",)),
}
# By Blueprint: triggers in place of the usual ones.
TRIGGERS: dict[str, dict[TriggerKind, TriggerSpec]] = {}

# By Blueprint: settings that can be changed while everything stays what it is.
CHANGES: dict[str, dict[str, Any]] = {
    "aws_s3_retraining": {"data": {"train_on": "folder", "default_folder": "data/"}},
    "aws_event_sourced_training": {"retry": {"maximum_retry_attempts": 7}},
    "aws_sagemaker_pipeline": {"retry": {"maximum_retry_attempts": 7}},
    "aws_stepfunctions_training": {"retry": {"maximum_retry_attempts": 7}},
    "azure_data_factory": {"concurrency": 7},
    "google_data_pipeline": {"environment": {"max_workers": 7}},
    "google_eventarc_retraining": {"service": {"concurrency": 7}},
}

# Kinds that a second creation leaves as they are, so that nothing has to be found after a crash.
MADE_AGAIN_WITHOUT_HARM = frozenset(
    {  # a member of a role is one however often it is added
        "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
        "gcp:projects/iAMMember:IAMMember",
        "gcp:serviceaccount/iAMMember:IAMMember",
        "gcp:storage/bucketIAMMember:BucketIAMMember",
    }
)


def example_spec(blueprint: Blueprint, slug: str = "any") -> StackSpec:
    account, region = ACCOUNTS[blueprint.cloud]
    return StackSpec(
        pipeline_id=1,
        name="Any",
        slug=slug,
        blueprint=blueprint.kind,
        settings=blueprint.validate(blueprint.example()),
        triggers=example_triggers(blueprint),
        region=region,
        account=account,
    )


def example_triggers(blueprint: Blueprint) -> tuple[TriggerSpec, ...]:
    mine = {**USUAL, **TRIGGERS.get(blueprint.kind, {})}
    return tuple(each for kind, each in mine.items() if kind in blueprint.trigger_kinds)


def changed(blueprint: Blueprint, spec: StackSpec) -> StackSpec:
    settings = blueprint.validate({**spec.settings, **CHANGES[blueprint.kind]})
    assert settings != spec.settings, "the change has to change something"
    return spec.model_copy(update={"settings": settings})

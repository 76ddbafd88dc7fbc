"""What of an account belongs to a stack, and which parameter a schedule fills with its time."""

from __future__ import annotations

import pytest

from provisioning.blueprints import registry
from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT as FACTORY
from provisioning.contracts import ScheduleSpec
from tests.provisioning.blueprints.examples import example_spec
from tests.provisioning.blueprints.factories import activities

OUTPUTS = {
    "pipeline_arn": "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/skyclock-any",
    "role_arn": "arn:aws:iam::111122223333:role/skyclock-any-execution",
    "handler": "skyclock-any-handler",
}
# A name that each kind gives to what its first trigger is in the cloud.
NAMES = {
    "aws_sagemaker_pipeline": "skyclock-any-t1",
    "aws_s3_retraining": "skyclock-any-t1",
    "aws_stepfunctions_training": "skyclock-any-failed",
    "aws_event_sourced_training": "skyclock-any-every-event",
    "google_data_pipeline": "skyclock-any",
    "google_eventarc_retraining": "skyclock-any-objects",
}


@pytest.mark.parametrize("kind", sorted(registry.BLUEPRINTS))
def test_a_stack_claims_its_own_and_no_neighbours(kind: str) -> None:
    blueprint = registry.get(kind)
    mine = blueprint.claims(example_spec(blueprint))
    other = blueprint.claims(example_spec(blueprint, "any-2"))
    assert mine.names and mine.names.isdisjoint(other.names)
    if kind in NAMES:
        assert NAMES[kind] in mine.names
    else:
        (factory,) = {name.partition("/")[0] for name in mine.names}
        assert f"{factory}/skyclock-any-t1" in mine.names


def test_what_aws_starts_is_known_by_its_arn() -> None:
    blueprint = registry.get("aws_sagemaker_pipeline")
    spec = example_spec(blueprint).model_copy(update={"outputs": OUTPUTS})
    assert blueprint.claims(spec).targets == {
        OUTPUTS["pipeline_arn"],
        "arn:aws:lambda:eu-west-1:111122223333:function:skyclock-any-handler",
    }


def test_a_trigger_that_was_taken_out_is_claimed_no_more() -> None:
    blueprint = registry.get("aws_sagemaker_pipeline")
    spec = example_spec(blueprint)
    one = ScheduleSpec(key="t9", cron="0 6 * * *", timezone="UTC")
    claims = blueprint.claims(spec.model_copy(update={"triggers": (one,)}))
    assert "skyclock-any-t9" in claims.names and "skyclock-any-t1" not in claims.names


def test_a_factory_says_which_parameter_is_the_logical_date() -> None:
    filled = {"name": "day", "default": "", "filled_with": "ScheduledTime"}
    spec = example_spec(FACTORY)
    waits = {"kind": "wait", "name": "w", "seconds": 1}
    told = FACTORY.validate(activities(waits, parameters=[filled]))
    assert FACTORY.logical_date_parameter(spec) == ""
    assert FACTORY.logical_date_parameter(spec.model_copy(update={"settings": told})) == "day"

"""The table of Blueprints. Adding one touches its folder and one line here."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from provisioning.blueprints.base import Blueprint, Hunter
from provisioning.contracts import Cloud
from provisioning.errors import InvalidInput

BLUEPRINTS: dict[str, str] = {
    "aws_sagemaker_pipeline": "provisioning.blueprints.aws_sagemaker_pipeline.blueprint",
    "aws_s3_retraining": "provisioning.blueprints.aws_s3_retraining.blueprint",
    "aws_stepfunctions_training": "provisioning.blueprints.aws_stepfunctions_training.blueprint",
    "aws_event_sourced_training": "provisioning.blueprints.aws_event_sourced_training.blueprint",
    "azure_data_factory": "provisioning.blueprints.azure_data_factory.blueprint",
    "google_data_pipeline": "provisioning.blueprints.google_data_pipeline.blueprint",
    "google_eventarc_retraining": "provisioning.blueprints.google_eventarc_retraining.blueprint",
}

# One for each cloud: what its Blueprints have in common is listed once.
HUNTERS: dict[Cloud, str] = {
    Cloud.AWS: "provisioning.blueprints.aws_common.hunting",
    Cloud.AZURE: "provisioning.blueprints.azure_data_factory.hunting",
    Cloud.GOOGLE: "provisioning.blueprints.google_common.hunting",
}


@cache
def get(kind: str) -> Blueprint:
    """The Blueprint of this kind, imported on first use."""
    if kind not in BLUEPRINTS:
        known = ", ".join(sorted(BLUEPRINTS))
        raise InvalidInput.at(
            "blueprint", f"There is no blueprint '{kind}'. Known: {known}.", "unknown"
        )
    blueprint: Blueprint = import_module(BLUEPRINTS[kind]).BLUEPRINT
    return blueprint


def every() -> tuple[Blueprint, ...]:
    return tuple(get(kind) for kind in BLUEPRINTS)


@cache
def hunter(cloud: Cloud) -> Hunter:
    """Who lists what an account of this cloud has that starts runs."""
    found: Hunter = import_module(HUNTERS[cloud]).HUNTER
    return found

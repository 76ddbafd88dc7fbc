"""The table of Blueprints. Adding one touches its folder and one line here."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from provisioning.blueprints.base import Blueprint, Hunter
from provisioning.blueprints.watched.watcher import Discoverer, Watcher
from provisioning.contracts import Cloud
from provisioning.errors import InvalidInput, NotPossible

BLUEPRINTS: dict[str, str] = {
    "aws_sagemaker_pipeline": "provisioning.blueprints.aws_sagemaker_pipeline.blueprint",
    "aws_s3_retraining": "provisioning.blueprints.aws_s3_retraining.blueprint",
    "aws_stepfunctions_training": "provisioning.blueprints.aws_stepfunctions_training.blueprint",
    "aws_event_sourced_training": "provisioning.blueprints.aws_event_sourced_training.blueprint",
    "azure_data_factory": "provisioning.blueprints.azure_data_factory.blueprint",
    "google_data_pipeline": "provisioning.blueprints.google_data_pipeline.blueprint",
    "google_eventarc_retraining": "provisioning.blueprints.google_eventarc_retraining.blueprint",
}

# What is watched in accounts and not managed here, a module for each cloud. A watched kind is got
# as a Blueprint is, and is none that could be deployed.
WATCHED: dict[Cloud, str] = {
    Cloud.AWS: "provisioning.blueprints.watched.aws",
    Cloud.AZURE: "provisioning.blueprints.watched.azure",
    Cloud.GOOGLE: "provisioning.blueprints.watched.google",
}
WATCHED_KINDS: dict[str, Cloud] = {
    "watched_sagemaker_pipeline": Cloud.AWS,
    "watched_state_machine": Cloud.AWS,
    "watched_data_factory_pipeline": Cloud.AZURE,
    "watched_data_pipeline": Cloud.GOOGLE,
    "watched_eventarc_trigger": Cloud.GOOGLE,
}

# One for each cloud: what its Blueprints have in common is listed once.
HUNTERS: dict[Cloud, str] = {
    Cloud.AWS: "provisioning.blueprints.aws_common.hunting",
    Cloud.AZURE: "provisioning.blueprints.azure_data_factory.hunting",
    Cloud.GOOGLE: "provisioning.blueprints.google_common.hunting",
}


@cache
def get(kind: str) -> Blueprint:
    """The Blueprint of this kind, imported on first use; a watched kind's watcher likewise."""
    if kind in WATCHED_KINDS:
        return _watchers(WATCHED_KINDS[kind])[kind]
    if kind not in BLUEPRINTS:
        known = ", ".join(sorted(BLUEPRINTS))
        raise InvalidInput.at(
            "blueprint", f"There is no blueprint '{kind}'. Known: {known}.", "unknown"
        )
    blueprint: Blueprint = import_module(BLUEPRINTS[kind]).BLUEPRINT
    return blueprint


def every() -> tuple[Blueprint, ...]:
    return tuple(get(kind) for kind in BLUEPRINTS)


def watcher(kind: str) -> Watcher:
    """Who looks at what is watched of this kind."""
    found = get(kind)
    if not isinstance(found, Watcher):
        raise NotPossible(f"A {found.label} is managed here, and not watched.")
    return found


@cache
def discoverer(cloud: Cloud) -> Discoverer:
    """Who finds what can be watched in an account of this cloud."""
    found: Discoverer = import_module(WATCHED[cloud]).DISCOVERER
    return found


@cache
def _watchers(cloud: Cloud) -> dict[str, Blueprint]:
    found: tuple[Blueprint, ...] = import_module(WATCHED[cloud]).WATCHERS
    return {each.kind: each for each in found}


@cache
def hunter(cloud: Cloud) -> Hunter:
    """Who lists what an account of this cloud has that starts runs."""
    found: Hunter = import_module(HUNTERS[cloud]).HUNTER
    return found

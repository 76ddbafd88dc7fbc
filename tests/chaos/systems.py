"""The Pipelines that are struck: one of each Blueprint, with every trigger that it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provisioning.contracts import Cloud
from tests.provisioning.blueprints.examples import CHANGES

DAILY = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}
HOURLY = {"kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}
CSV = {"kind": "object_created", "prefix": "data/", "suffix": ".csv"}
READY = {"kind": "event", "source": "my.application", "types": ["dataset.ready"]}


@dataclass(frozen=True)
class System:
    kind: str
    cloud: Cloud
    triggers: tuple[dict[str, Any], ...]

    @property
    def connection(self) -> str:
        names = {Cloud.AWS: "AWS", Cloud.AZURE: "Azure", Cloud.GOOGLE: "Google"}
        return f"Sandbox {names[self.cloud]}"

    def change(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Settings that a second deployment updates in place."""
        return {**settings, **CHANGES[self.kind]}


SYSTEMS = (
    System("aws_sagemaker_pipeline", Cloud.AWS, (DAILY, CSV, READY)),
    System("azure_data_factory", Cloud.AZURE, (DAILY, CSV, READY)),
    System("google_data_pipeline", Cloud.GOOGLE, (HOURLY, CSV)),
    System("aws_event_sourced_training", Cloud.AWS, (READY,)),
    System("google_eventarc_retraining", Cloud.GOOGLE, (CSV,)),
    System("aws_stepfunctions_training", Cloud.AWS, (HOURLY,)),
    System("aws_s3_retraining", Cloud.AWS, (CSV,)),
)

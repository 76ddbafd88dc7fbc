"""Pieces of settings that AWS Blueprints have in common."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from ..common.fields import Form

__all__ = ["Form", "Retry"]


class Retry(Form):
    model_config = ConfigDict(title="Retries of a start")

    maximum_retry_attempts: int = Field(
        default=3,
        ge=0,
        le=185,
        title="Attempts",
        description="How often AWS tries again when a start is refused.",
    )
    maximum_event_age_seconds: int = Field(
        default=3600,
        ge=60,
        le=86400,
        title="Give up after",
        description="A start that is older goes to the dead-letter queue.",
        json_schema_extra={"unit": "seconds"},
    )


class DataBucket(Form):
    model_config = ConfigDict(title="Data bucket")

    delete_objects: bool = Field(
        default=False,
        title="Delete the data with the pipeline",
        description="Otherwise the pipeline can be destroyed only when its bucket is empty.",
    )

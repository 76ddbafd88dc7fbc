"""What the rules of the bus wait for, and what the handler is told of the settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..aws_common.names import Place, data_bucket, execution_role
from ..aws_common.training import request
from . import names
from .assets.training_events.wording import FIRED, MODELS, REQUESTED, SOURCE, SUCCEEDED
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec

Pattern = dict[str, Any]


def every_event(account: str) -> Pattern:
    """All events of a bus are their account's; a pattern has to say something."""
    return {"account": [account]}


def next_steps() -> Pattern:
    return {"source": [SOURCE], "detail-type": [REQUESTED, SUCCEEDED]}


def job_changes(slug: str) -> Pattern:
    """The handler leaves out those of Pipelines whose names only begin like this one's."""
    return {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Training Job State Change"],
        "detail": {"TrainingJobName": [{"prefix": f"{names.jobs(slug)}-"}]},
    }


def fired(key: str) -> Pattern:
    return {"source": [SOURCE], "detail-type": [FIRED], "detail": {"trigger": [key]}}


def told_by_schedule(key: str) -> dict[str, str]:
    """The detail of the event that a schedule puts on the bus."""
    return {"trigger": key, "time": "<aws.scheduler.scheduled-time>"}


def trigger_patterns(spec: StackSpec) -> dict[str, Pattern]:
    """Trigger → what its rule on the bus waits for. Of a prepared spec."""
    found = {trigger.key: fired(trigger.key) for trigger in spec.schedules}
    for trigger in (*spec.objects, *spec.events):
        found[trigger.key] = json.loads(spec.natives[trigger.key][0])
    return found


def handler_config(spec: StackSpec, settings: Settings) -> dict[str, Any]:
    place = Place(spec.region, spec.account)
    register = settings.register_models
    bucket = data_bucket(spec.slug, spec.account)
    return {
        "bus": names.bus(spec.slug),
        "root": names.jobs(spec.slug),
        "triggers": trigger_patterns(spec),
        "bucket": bucket,
        "data": settings.data.default,
        "data_field": settings.data.field,
        "job": request(
            settings.training,
            role_arn=place.role(execution_role(spec.slug)),
            data="s3://set-by-the-handler",
            output=f"s3://{bucket}/{MODELS}",
        ),
        "tags": [
            {"Key": key, "Value": value}
            for key, value in {"skyclock:pipeline": spec.slug, **spec.tags}.items()
        ],
        "register": {
            "group": names.model_group(spec.slug),
            "image": settings.training.image,
            "approval": register.approval,
            "content_types": register.content_types,
            "response_types": register.response_types,
        }
        if register.enabled
        else None,
    }

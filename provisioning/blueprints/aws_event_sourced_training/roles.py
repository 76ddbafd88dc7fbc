"""What the training jobs, the handler, the notebook and EventBridge may do."""

from __future__ import annotations

from typing import Any

from ..aws_common.names import Place, data_bucket, execution_role
from ..aws_common.policies import Statement, allow, data_access, document, watching
from ..aws_common.training import job_policy, starting_jobs
from . import names
from .assets.training_events.wording import MODELS
from .settings import Settings


def data_read(settings: Settings, bucket: str) -> set[str]:
    place = settings.data
    return {f"s3://{bucket}/", *place.read, *([place.default] if place.default else [])}


def jobs_may(settings: Settings, slug: str, place: Place) -> dict[str, Any]:
    bucket = data_bucket(slug, place.account)
    return job_policy(
        settings.training,
        place,
        reads=data_read(settings, bucket),
        writes=[f"s3://{bucket}/{MODELS}"],
    )


def handler_may(settings: Settings, slug: str, place: Place, *, queue_arn: str) -> dict[str, Any]:
    log = place.arn("logs", f"log-group:{names.handler_log(slug)}:*")
    statements: list[Statement] = [
        allow("WriteItsLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [log]),
        allow("SayWhatHappened", ["events:PutEvents"], [names.bus_arn(slug, place)]),
        allow("KeepFailedCalls", ["sqs:SendMessage"], [queue_arn]),
        *starting_jobs(place, prefix=f"{names.jobs(slug)}-", job_role=execution_role(slug)),
    ]
    if settings.register_models.enabled:
        group = names.model_group(slug)
        packages = place.arn("sagemaker", f"model-package/{group}/*")
        groups = place.arn("sagemaker", f"model-package-group/{group}")
        statements.append(
            allow("RegisterModels", ["sagemaker:CreateModelPackage"], [packages, groups])
        )
        # SageMaker looks at the model as whoever registers it.
        models = f"{data_bucket(slug, place.account)}/{MODELS}*"
        statements.append(allow("ReadModels", ["s3:GetObject"], [place.bucket(models)]))
    return document(statements)


def notebook_may(settings: Settings, slug: str, place: Place) -> dict[str, Any]:
    """Look at the data and the models, and put events on the bus."""
    bucket = data_bucket(slug, place.account)
    reads = data_read(settings, bucket)
    return document(
        [
            *data_access(reads=reads, writes={f"s3://{bucket}/"}, place=place),
            allow("SayWhatHappened", ["events:PutEvents"], [names.bus_arn(slug, place)]),
            *watching(place),
        ]
    )


def letting_events_be_logged(slug: str, place: Place) -> dict[str, Any]:
    """Of the log group: the one rule that records all events may write to it.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"""
    group = place.arn("logs", f"log-group:{names.event_log(slug)}:*")
    rule = place.arn("events", f"rule/{names.bus(slug)}/{names.log_rule(slug)}")
    writing = allow("RecordEvents", ["logs:CreateLogStream", "logs:PutLogEvents"], [group])
    return document(
        [
            writing
            | {
                "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
                "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
            }
        ]
    )

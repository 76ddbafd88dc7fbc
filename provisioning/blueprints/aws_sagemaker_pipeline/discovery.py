"""The SageMaker pipelines of an account, with what starts them."""

from __future__ import annotations

from provisioning.blueprints.aws_common.discovery import pages, rules_by_target, schedules_by_target
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import Found


def discover(session: Session) -> tuple[Found, ...]:
    with cloud_errors("list the pipelines of the account"):
        schedules, rules = schedules_by_target(session), rules_by_target(session)
        found = list(pages(session.client("sagemaker"), "list_pipelines", "PipelineSummaries"))
    return tuple(
        Found(
            cloud_id=each["PipelineArn"],
            name=each["PipelineName"],
            kind="SageMaker pipeline",
            triggers=(*schedules.get(each["PipelineArn"], ()), *rules.get(each["PipelineArn"], ())),
            detail=str(each.get("PipelineDescription", "")),
        )
        for each in found
    )

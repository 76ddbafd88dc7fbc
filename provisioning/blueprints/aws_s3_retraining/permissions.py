"""What a Connection's credential must be allowed to do, by level; each includes the former."""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.blueprints.aws_common import permissions as common
from provisioning.contracts import Level

OBSERVE = (
    "sts:GetCallerIdentity",
    "sagemaker:ListTrainingJobs",
    "sagemaker:DescribeTrainingJob",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionConcurrency",
    "lambda:GetPolicy",
    *common.OBSERVE_BUCKET,
    *common.OBSERVE_LOGS,
    *common.OBSERVE_SCHEDULES,
    *common.OBSERVE_RULES,  # of others, which may start the function
)

RUN = (
    *OBSERVE,
    "sagemaker:StopTrainingJob",
    "lambda:InvokeFunction",
    # Pausing rewrites the bucket's notification.
    "s3:PutBucketNotification",
    "s3:PutObject",
    *common.PAUSE_SCHEDULES,
)

DEPLOY = (
    *RUN,
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:GetFunctionEventInvokeConfig",
    "lambda:DeleteFunctionEventInvokeConfig",
    *common.DEPLOY_FUNCTION,
    *common.DEPLOY_BUCKET,
    *common.DEPLOY_SCHEDULES,
    *common.DEPLOY_QUEUE,
    *common.DEPLOY_ROLES,
)


def _once(actions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(actions))


PERMISSIONS: Mapping[Level, tuple[str, ...]] = {
    Level.OBSERVE: _once(OBSERVE),
    Level.RUN: _once(RUN),
    Level.DEPLOY: _once(DEPLOY),
}

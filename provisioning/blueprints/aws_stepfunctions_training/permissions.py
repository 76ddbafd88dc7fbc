"""What a Connection's credential must be allowed to do, by level; each includes the former."""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.blueprints.aws_common import permissions as common
from provisioning.contracts import Level

OBSERVE = (
    "sts:GetCallerIdentity",
    "states:ListStateMachines",
    "states:DescribeStateMachine",
    "states:ListExecutions",
    "states:DescribeExecution",
    "states:GetExecutionHistory",
    *common.OBSERVE_SCHEDULES,
    *common.OBSERVE_RULES,
    *common.OBSERVE_BUCKET,
    *common.OBSERVE_LOGS,
)

RUN = (
    *OBSERVE,
    "states:StartExecution",
    "states:StopExecution",
    "states:RedriveExecution",
    *common.PAUSE_SCHEDULES,
    *common.PAUSE_RULES,
    *common.PUT_SAMPLES,
)

DEPLOY = (
    *RUN,
    "states:CreateStateMachine",
    "states:UpdateStateMachine",
    "states:DeleteStateMachine",
    "states:ListStateMachineVersions",
    "states:ValidateStateMachineDefinition",
    "states:ListTagsForResource",
    "states:TagResource",
    "states:UntagResource",
    "lambda:AddPermission",
    "lambda:GetPolicy",
    "lambda:RemovePermission",
    "logs:CreateLogGroup",
    "logs:DeleteLogGroup",
    "logs:DescribeLogGroups",
    "logs:PutRetentionPolicy",
    "logs:DeleteRetentionPolicy",
    "logs:ListTagsForResource",
    "logs:TagResource",
    "logs:UntagResource",
    *common.DEPLOY_SCHEDULES,
    *common.DEPLOY_RULES,
    *common.DEPLOY_QUEUE,
    *common.DEPLOY_BUCKET,
    *common.DEPLOY_ROLES,
)

PERMISSIONS: Mapping[Level, tuple[str, ...]] = {
    Level.OBSERVE: OBSERVE,
    Level.RUN: RUN,
    Level.DEPLOY: DEPLOY,
}

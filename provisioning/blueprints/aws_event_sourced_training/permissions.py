"""What a Connection's credential must be allowed to do, by level; each includes the former."""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.blueprints.aws_common import permissions as common
from provisioning.contracts import Level

OBSERVE = (
    "sts:GetCallerIdentity",
    "sagemaker:ListTrainingJobs",
    "sagemaker:DescribeTrainingJob",
    "sagemaker:DescribeNotebookInstance",
    "events:ListReplays",
    *common.OBSERVE_SCHEDULES,
    *common.OBSERVE_RULES,
    *common.OBSERVE_BUCKET,
    *common.OBSERVE_LOGS,
)

RUN = (
    *OBSERVE,
    "sagemaker:StopTrainingJob",
    "sagemaker:StartNotebookInstance",
    "sagemaker:StopNotebookInstance",
    "events:StartReplay",
    *common.PAUSE_SCHEDULES,
    *common.PAUSE_RULES,
    *common.PUT_SAMPLES,
)

DEPLOY = (
    *RUN,
    "events:CreateEventBus",
    "events:DescribeEventBus",
    "events:UpdateEventBus",
    "events:DeleteEventBus",
    "events:CreateArchive",
    "events:DescribeArchive",
    "events:UpdateArchive",
    "events:DeleteArchive",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DeleteResourcePolicy",
    "sagemaker:CreateNotebookInstance",
    "sagemaker:UpdateNotebookInstance",
    "sagemaker:DeleteNotebookInstance",
    "sagemaker:CreateModelPackageGroup",
    "sagemaker:DescribeModelPackageGroup",
    "sagemaker:DeleteModelPackageGroup",
    "sagemaker:ListModelPackages",
    "sagemaker:DeleteModelPackage",
    "sagemaker:AddTags",
    "sagemaker:DeleteTags",
    "sagemaker:ListTags",
    # aws-native makes the model package group through Cloud Control.
    *common.CLOUD_CONTROL,
    *common.DEPLOY_SCHEDULES,
    *common.DEPLOY_RULES,
    *common.DEPLOY_QUEUE,
    *common.DEPLOY_BUCKET,
    *common.DEPLOY_FUNCTION,
    *common.DEPLOY_ROLES,
)

PERMISSIONS: Mapping[Level, tuple[str, ...]] = {
    Level.OBSERVE: OBSERVE,
    Level.RUN: RUN,
    Level.DEPLOY: DEPLOY,
}

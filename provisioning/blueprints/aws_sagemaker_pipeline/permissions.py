"""What a Connection's credential must be allowed to do, by level; each includes the former."""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.blueprints.aws_common import permissions as common
from provisioning.contracts import Level

OBSERVE = (
    "sts:GetCallerIdentity",
    "sagemaker:ListPipelines",
    "sagemaker:DescribePipeline",
    "sagemaker:ListPipelineExecutions",
    "sagemaker:DescribePipelineExecution",
    "sagemaker:ListPipelineExecutionSteps",
    "sagemaker:ListPipelineParametersForExecution",
    *common.OBSERVE_SCHEDULES,
    *common.OBSERVE_RULES,
    *common.OBSERVE_BUCKET,
    *common.OBSERVE_LOGS,
)

RUN = (
    *OBSERVE,
    "sagemaker:StartPipelineExecution",
    "sagemaker:StopPipelineExecution",
    "sagemaker:RetryPipelineExecution",
    *common.PAUSE_SCHEDULES,
    *common.PAUSE_RULES,
    *common.PUT_SAMPLES,
)

DEPLOY = (
    *RUN,
    "sagemaker:CreatePipeline",
    "sagemaker:UpdatePipeline",
    "sagemaker:DeletePipeline",
    "sagemaker:AddTags",
    "sagemaker:DeleteTags",
    "sagemaker:ListTags",
    # aws-native makes the pipeline through Cloud Control.
    *common.CLOUD_CONTROL,
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

"""What a Connection's credential must be allowed to do, by level; each includes the former.

SageMaker's List actions and Scheduler's take no resources; the others can be limited to
`skyclock-*` names.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.contracts import Level

OBSERVE = (
    "sts:GetCallerIdentity",
    "sagemaker:ListPipelines",
    "sagemaker:DescribePipeline",
    "sagemaker:ListPipelineExecutions",
    "sagemaker:DescribePipelineExecution",
    "sagemaker:ListPipelineExecutionSteps",
    "sagemaker:ListPipelineParametersForExecution",
    "scheduler:ListSchedules",
    "scheduler:GetSchedule",
)

RUN = (
    *OBSERVE,
    "sagemaker:StartPipelineExecution",
    "sagemaker:StopPipelineExecution",
    "sagemaker:RetryPipelineExecution",
    # Pausing rewrites the schedule, its role included.
    "scheduler:UpdateSchedule",
    "iam:PassRole",
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
    "cloudformation:CreateResource",
    "cloudformation:GetResource",
    "cloudformation:UpdateResource",
    "cloudformation:DeleteResource",
    "cloudformation:GetResourceRequestStatus",
    "cloudformation:CancelResourceRequest",
    "scheduler:CreateSchedule",
    "scheduler:DeleteSchedule",
    "scheduler:ListTagsForResource",
    "sqs:CreateQueue",
    "sqs:GetQueueUrl",
    "sqs:GetQueueAttributes",
    "sqs:SetQueueAttributes",
    "sqs:DeleteQueue",
    "sqs:ListQueueTags",
    "sqs:TagQueue",
    "sqs:UntagQueue",
    "iam:CreateRole",
    "iam:GetRole",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
    "iam:UpdateAssumeRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:ListRoleTags",
    "iam:PutRolePolicy",
    "iam:GetRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:ListRolePolicies",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:DeleteRole",
)

PERMISSIONS: Mapping[Level, tuple[str, ...]] = {
    Level.OBSERVE: OBSERVE,
    Level.RUN: RUN,
    Level.DEPLOY: DEPLOY,
}

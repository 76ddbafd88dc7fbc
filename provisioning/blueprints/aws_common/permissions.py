"""Actions that Blueprints of AWS need for what they share, to be put together by level.

SageMaker's List actions, Scheduler's and EventBridge's take no resources; the others can be
limited to `skyclock-*` names.
"""

from __future__ import annotations

# Why a start came to nothing is told in the dead letters only.
OBSERVE_SCHEDULES = (
    "scheduler:ListSchedules",
    "scheduler:GetSchedule",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
)
OBSERVE_RULES = (
    "events:ListEventBuses",
    "events:ListRules",
    "events:DescribeRule",
    "events:ListTargetsByRule",
)
OBSERVE_BUCKET = ("s3:GetBucketNotification",)
OBSERVE_LOGS = ("logs:DescribeLogStreams", "logs:FilterLogEvents")

# Pausing rewrites a schedule, its role included.
PAUSE_SCHEDULES = ("scheduler:UpdateSchedule", "iam:PassRole")
PAUSE_RULES = ("events:EnableRule", "events:DisableRule")
# To try triggers out.
PUT_SAMPLES = ("events:PutEvents", "s3:PutObject")

DEPLOY_SCHEDULES = (
    "scheduler:CreateSchedule",
    "scheduler:DeleteSchedule",
    "scheduler:ListTagsForResource",
)
DEPLOY_RULES = (
    "events:PutRule",
    "events:DeleteRule",
    "events:PutTargets",
    "events:RemoveTargets",
    "events:TagResource",
    "events:UntagResource",
    "events:ListTagsForResource",
)
DEPLOY_QUEUE = (
    "sqs:CreateQueue",
    "sqs:GetQueueAttributes",
    "sqs:SetQueueAttributes",
    "sqs:DeleteQueue",
    "sqs:ListQueueTags",
    "sqs:TagQueue",
    "sqs:UntagQueue",
)
# The provider reads more of a bucket than a program sets.
DEPLOY_BUCKET = (
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetAccelerateConfiguration",
    "s3:GetBucketAcl",
    "s3:GetBucketCORS",
    "s3:GetBucketLocation",
    "s3:GetBucketLogging",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketRequestPayment",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetBucketWebsite",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:PutBucketNotification",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutEncryptionConfiguration",
)
DEPLOY_FUNCTION = (
    "lambda:CreateFunction",
    "lambda:GetFunction",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionCodeSigningConfig",
    "lambda:ListVersionsByFunction",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:TagResource",
    "lambda:UntagResource",
    "lambda:AddPermission",
    "lambda:RemovePermission",
    "lambda:GetPolicy",
    "lambda:DeleteFunction",
    "logs:CreateLogGroup",
    "logs:DescribeLogGroups",
    "logs:PutRetentionPolicy",
    "logs:TagResource",
    "logs:UntagResource",
    "logs:ListTagsForResource",
    "logs:DeleteLogGroup",
)
DEPLOY_ROLES = (
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

# The resources of the provider aws-native.
CLOUD_CONTROL = (
    "cloudformation:CreateResource",
    "cloudformation:GetResource",
    "cloudformation:UpdateResource",
    "cloudformation:DeleteResource",
    "cloudformation:GetResourceRequestStatus",
    "cloudformation:CancelResourceRequest",
)

"""What a credential must be allowed to do with what most Google Blueprints have."""

from __future__ import annotations

DEPLOY_TRIGGERS = (
    "eventarc.triggers.create",
    "eventarc.triggers.update",
    "eventarc.triggers.delete",
    "eventarc.operations.get",
    "pubsub.topics.create",
    "pubsub.topics.get",
    "pubsub.topics.update",
    "pubsub.topics.delete",
)

DEPLOY_BUCKETS = (
    "storage.buckets.create",
    "storage.buckets.get",
    "storage.buckets.update",
    "storage.buckets.delete",
    "storage.buckets.getIamPolicy",
    "storage.buckets.setIamPolicy",
)

DEPLOY_ACCOUNTS = (
    "iam.serviceAccounts.create",
    "iam.serviceAccounts.get",
    "iam.serviceAccounts.update",
    "iam.serviceAccounts.delete",
    "resourcemanager.projects.getIamPolicy",
    "resourcemanager.projects.setIamPolicy",
)

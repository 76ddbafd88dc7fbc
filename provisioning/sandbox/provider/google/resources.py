"""All of them, for the registry."""

from __future__ import annotations

from provisioning.sandbox.provider.google import dataflow, iam, storage
from provisioning.sandbox.provider.google.resource import GoogleResource

RESOURCES: tuple[GoogleResource, ...] = (
    iam.Account(),
    iam.AccountMember(),
    iam.BucketMember(),
    iam.ProjectMember(),
    dataflow.Pipeline(),
    storage.Bucket(),
)

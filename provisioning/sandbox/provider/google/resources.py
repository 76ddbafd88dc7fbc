"""All of them, for the registry."""

from __future__ import annotations

from provisioning.sandbox.provider.google import (
    dataflow,
    eventarc,
    iam,
    pubsub,
    run,
    storage,
    workflows,
)
from provisioning.sandbox.provider.google.resource import GoogleResource

RESOURCES: tuple[GoogleResource, ...] = (
    iam.Account(),
    iam.AccountMember(),
    iam.BucketMember(),
    iam.ProjectMember(),
    iam.ServiceMember(),
    dataflow.Pipeline(),
    eventarc.Trigger(),
    pubsub.Topic(),
    run.Service(),
    storage.Bucket(),
    workflows.Workflow(),
)

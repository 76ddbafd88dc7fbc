"""Pulumi pieces of every trigger: whom it starts as, and where failed starts go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from . import names
from .forms import Retry
from .names import Place
from .policies import letting_rules_in, starting, trust

FOURTEEN_DAYS = 14 * 24 * 3600


def dead_letter_queue(
    slug: str, tags: Mapping[str, str], *, rules_of: Place | None = None
) -> aws.sqs.Queue:
    """Keeps the starts that were given up. A schedule writes to it as its role; a rule of
    EventBridge has to be let in by the queue, so that it is told where rules are."""
    name = names.dead_letter_queue(slug)
    return aws.sqs.Queue(
        "dead-letters",
        name=name,
        message_retention_seconds=FOURTEEN_DAYS,
        sqs_managed_sse_enabled=True,
        policy=json.dumps(letting_rules_in(rules_of, slug, name)) if rules_of else None,
        tags=tags,
    )


@dataclass(frozen=True)
class Target:
    """What the triggers of a Pipeline start. `arn` is known beforehand: all names are fixed."""

    slug: str
    account: str
    arn: str
    action: str  # what it takes to start it: "sagemaker:StartPipelineExecution"
    title: str  # for descriptions: "the SageMaker pipeline skyclock-daily"
    resource: pulumi.Resource  # the target itself; triggers are made after it
    queue: aws.sqs.Queue
    retry: Retry


class TriggerRole:
    """What AWS takes to start the target: one trigger's own, so that a run tells its trigger."""

    def __init__(
        self,
        key: str,
        *,
        service: str,
        target: Target,
        tags: Mapping[str, str],
        parent: pulumi.Resource,
    ) -> None:
        child = pulumi.ResourceOptions(parent=parent)
        role = aws.iam.Role(
            f"{key}-role",
            name=names.trigger_role(target.slug, key),
            description=f"Starts {target.title}",
            assume_role_policy=json.dumps(trust(service, target.account)),
            tags=tags,
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{key}-policy",
            name="start-pipeline",
            role=role.name,
            policy=target.queue.arn.apply(
                lambda arn: json.dumps(
                    starting(action=target.action, target_arn=target.arn, queue_arn=arn)
                )
            ),
            opts=child,
        )
        self.arn = role.arn
        # For what uses the role: it works from when its policy and the target are there.
        self.ready = pulumi.ResourceOptions(parent=parent, depends_on=[policy, target.resource])

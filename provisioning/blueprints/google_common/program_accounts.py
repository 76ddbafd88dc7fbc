"""Service accounts of what is deployed, each with no more than it needs."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi
import pulumi_gcp as gcp

from .names import Place, account_id


class ServiceAccount(pulumi.ComponentResource):
    """An account of this Pipeline's own; `roles` are in the project, `buckets` on buckets.

    Service accounts carry no labels: the description says whose it is.
    """

    def __init__(
        self,
        purpose: str,
        *,
        slug: str,
        place: Place,
        does: str,
        roles: Iterable[str] = (),
        buckets: Iterable[tuple[str, pulumi.Input[str], str]] = (),
    ) -> None:
        super().__init__("skyclock:google:ServiceAccount", purpose, None, None)
        child = pulumi.ResourceOptions(parent=self)
        account = gcp.serviceaccount.Account(
            f"{purpose}-account",
            account_id=account_id(slug, purpose),
            display_name=f"Skyclock {slug} {purpose}",
            description=description(slug, does),
            project=place.project,
            opts=child,
        )
        self.email = account.email
        self.member = account.member
        self.name = account.name
        self.permitted: list[pulumi.Resource] = [
            gcp.projects.IAMMember(
                f"{purpose}-{role.rpartition('/')[2]}",
                project=place.project,
                role=role,
                member=account.member,
                opts=child,
            )
            for role in roles
        ]
        self.permitted += [
            gcp.storage.BucketIAMMember(
                f"{purpose}-{name}", bucket=bucket, role=role, member=account.member, opts=child
            )
            for name, bucket, role in buckets
        ]
        self.register_outputs({"email": self.email})


def description(slug: str, does: str) -> str:
    """By its end a later deployment knows its own again."""
    return f"{does} (skyclock-pipeline={slug})"[-256:]

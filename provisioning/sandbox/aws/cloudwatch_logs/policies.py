"""Resource policies of CloudWatch Logs: whom a log group lets write.

moto keeps those of the account; those that are attached to one group are kept here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from moto.backends import get_backend

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.policies import grants
from provisioning.sandbox.aws.services import Call, Place
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Record, Table

_MARK = ":log-group:"


class GroupPolicy(Record):
    resource_arn: str
    document: str
    revision: str
    updated: float

    @property
    def key(self) -> str:
        return self.resource_arn


class LogPolicies:
    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._table = Table(world.store, kind="log_group_policy", record=GroupPolicy)

    def lets(
        self,
        place: Place,
        *,
        group: str,
        services: tuple[str, ...],
        action: str,
        resource: str,
        context: Mapping[str, str],
    ) -> bool:
        """Whether one of the policies lets one of the services do it."""
        return any(
            grants(document, service=service, action=action, resource=resource, context=context)
            for document in self._documents(place, group)
            for service in services
        )

    def _documents(self, place: Place, group: str) -> Iterator[str]:
        backend = get_backend("logs")[place.account][place.region]
        for policy in backend.resource_policies.values():
            yield policy.policy_document
        if own := self._table.get(place.arn("logs", f"log-group:{group}")):
            yield own.document

    def put(self, call: Call) -> Mapping[str, Any]:
        arn = _group_arn(call)
        known = self._table.get(arn)
        _check_revision(call, known)
        policy = GroupPolicy(
            resource_arn=arn,
            document=call["policyDocument"],
            revision=str(uuid.uuid4()),
            updated=self._clock.now(),
        )
        self._table.put(policy)
        return {"resourcePolicy": _described(policy), "revisionId": policy.revision}

    def describe(self, call: Call) -> Mapping[str, Any]:
        found = self._table.get(call["resourceArn"].removesuffix(":*"))
        return {"resourcePolicies": [_described(found)] if found else []}

    def delete(self, call: Call) -> None:
        arn = call["resourceArn"].removesuffix(":*")
        known = self._table.get(arn)
        if known is None:
            raise _not_found(f"No resource policy is attached to {arn}.")
        _check_revision(call, known)
        self._table.delete(arn)

    def group_deleted(self, place: Place, group: str) -> None:
        self._table.delete(place.arn("logs", f"log-group:{group}"))


def _group_arn(call: Call) -> str:
    arn = str(call["resourceArn"]).removesuffix(":*")
    group = arn.partition(_MARK)[2]
    backend = get_backend("logs")[call.place.account][call.place.region]
    if arn != call.place.arn("logs", f"log-group:{group}") or group not in backend.groups:
        raise _not_found("The specified log group does not exist.")
    return arn


def _check_revision(call: Call, known: GroupPolicy | None) -> None:
    """Who changes a policy has to know the one that is there."""
    if known and call.get("expectedRevisionId") not in (known.revision,):
        raise AwsError(
            "InvalidParameterException", "The expected revision ID is not the current one."
        )


def _not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message)


def _described(policy: GroupPolicy) -> dict[str, Any]:
    return {
        "policyDocument": policy.document,
        "policyScope": "RESOURCE",
        "resourceArn": policy.resource_arn,
        "revisionId": policy.revision,
        "lastUpdatedTime": int(policy.updated * 1000),
    }

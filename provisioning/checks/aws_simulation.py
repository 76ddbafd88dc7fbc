"""Asking IAM what it would allow, without doing it.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_common.resources import sample_of
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.errors import CloudError, PermissionDenied

SIMULATE = "iam:SimulatePrincipalPolicy"
PASS_ROLE = "iam:PassRole"  # noqa: S105
# To whom the Blueprints' roles are passed.
SERVICES = tuple(
    f"{each}.amazonaws.com" for each in ("sagemaker", "lambda", "states", "scheduler", "events")
)
AT_ONCE = 100
ASSUMED = re.compile(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/.+")


class Unanswered(Exception):
    """IAM cannot be asked; the text is for people. `lacks`: for want of the permission to ask."""

    def __init__(self, message: str, *, lacks: bool = False) -> None:
        self.lacks = lacks
        super().__init__(message)


@dataclass(frozen=True)
class Verdicts:
    missing: tuple[str, ...]
    forbidden: frozenset[str]  # those of them that a Deny keeps from being allowed


class Simulation:
    def __init__(self, session: Session, place: Place, who: str) -> None:
        self._iam = session.client("iam")
        self._place = place
        self._who = who

    def of(self, actions: Sequence[str]) -> Verdicts:
        """Which of the actions its policies do not allow on what Skyclock makes."""
        if self._who.endswith(":root"):
            return Verdicts((), frozenset())  # an account's root may do everything
        source = self._source()
        plain = [each for each in actions if each != PASS_ROLE]
        decided = self._decided(source, plain, "*")
        narrow: dict[str, list[str]] = {}
        for action in plain:
            sample = sample_of(action, self._place)
            if decided.get(action) != "allowed" and sample != "*":
                narrow.setdefault(sample, []).append(action)
        for sample, group in narrow.items():
            decided |= self._decided(source, group, sample)
        if PASS_ROLE in actions:
            decided[PASS_ROLE] = self._passing(source)
        missing = [each for each in actions if decided.get(each) != "allowed"]
        denied = (each for each in missing if decided.get(each) == "explicitDeny")
        return Verdicts(tuple(missing), frozenset(denied))

    def _passing(self, source: str) -> str:
        """The worst of the verdicts on passing a role to each of the services."""
        role = sample_of(PASS_ROLE, self._place)
        for service in SERVICES:
            verdict = self._decided(source, [PASS_ROLE], role, service).get(PASS_ROLE, "")
            if verdict != "allowed":
                return verdict
        return "allowed"

    def _decided(
        self, source: str, actions: Sequence[str], resource: str, service: str = ""
    ) -> dict[str, str]:
        found: dict[str, str] = {}
        for begin in range(0, len(actions), AT_ONCE):
            for result in self._results(
                source, actions[begin : begin + AT_ONCE], resource, service
            ):
                found[str(result["EvalActionName"])] = _verdict(result)
        return found

    def _results(
        self, source: str, actions: Sequence[str], resource: str, service: str
    ) -> Iterator[Mapping[str, Any]]:
        asked: dict[str, Any] = {
            "PolicySourceArn": source,
            "ActionNames": list(actions),
            "ResourceArns": [resource],
        }
        if service:
            asked["ContextEntries"] = [
                {
                    "ContextKeyName": "iam:PassedToService",
                    "ContextKeyValues": [service],
                    "ContextKeyType": "string",
                }
            ]
        try:
            with cloud_errors("ask IAM what it would allow"):
                for page in self._iam.get_paginator("simulate_principal_policy").paginate(**asked):
                    yield from page["EvaluationResults"]
        except PermissionDenied as error:
            message = (
                f"AWS cannot be asked in advance: {self._who} lacks {SIMULATE}. Without it the "
                "first deployment tells. Add this to its policy in IAM to have it tested here."
            )
            raise Unanswered(message, lacks=True) from error
        except CloudError as error:
            if not error.permanent:
                raise
            raise Unanswered(f"AWS did not simulate the policies of {source}: {error}") from error

    def _source(self) -> str:
        """IAM simulates users and roles: of a session, its role, whose path only IAM knows."""
        session = ASSUMED.fullmatch(self._who)
        if session is None:
            return self._who
        try:
            with cloud_errors("see which role this is"):
                return str(self._iam.get_role(RoleName=session[3])["Role"]["Arn"])
        except CloudError as error:
            if not error.permanent:
                raise
            return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}"


def _verdict(result: Mapping[str, Any]) -> str:
    organization = result.get("OrganizationsDecisionDetail") or {}
    if organization.get("AllowedByOrganizations") is False:
        return "explicitDeny"
    return str(result.get("EvalDecision", ""))

"""Asking IAM what it would allow, without doing it.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.policies.aws import PASS_ROLE, SIMULATE
from provisioning.clouds.policies.aws_resources import PASSED_TO, partition_of, resources_of
from provisioning.clouds.session import Session
from provisioning.errors import CloudError, PermissionDenied

ALLOWED, DENIED = "allowed", "explicitDeny"
AT_ONCE = 100
ASSUMED = re.compile(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/.+")


class Unanswered(Exception):
    """IAM cannot be asked; the text is for people. `source` is set where the permission to ask
    about it is what is missing."""

    def __init__(self, message: str, *, source: str = "") -> None:
        self.source = source
        super().__init__(message)


@dataclass(frozen=True)
class Verdicts:
    missing: tuple[str, ...]
    forbidden: frozenset[str]  # those of them that a Deny keeps from being allowed


class Simulation:
    def __init__(self, session: Session, account: str, who: str) -> None:
        self._iam = session.client("iam")
        self._region = session.region
        self._account = account
        self._who = who

    def of(self, actions: Sequence[str], *, reading: bool = False) -> Verdicts:
        """Which of the actions its policies do not allow: to read, on all that the account has;
        else on what is named as Skyclock names all that it makes."""
        if self._who.endswith(":root"):
            return Verdicts((), frozenset())  # an account's root may do everything
        source = self._source()
        plain = [each for each in actions if each != PASS_ROLE]
        decided = self._decided(source, plain, "*")
        narrow: dict[str, list[str]] = {}
        for action in plain:
            for sample in self._samples(action, reading):
                if decided.get(action) != ALLOWED and sample != "*":
                    narrow.setdefault(sample, []).append(action)
        decided |= self._worst(source, narrow)
        if PASS_ROLE in actions:
            decided[PASS_ROLE] = self._passing(source)
        missing = [each for each in actions if decided.get(each) != ALLOWED]
        denied = (each for each in missing if decided.get(each) == DENIED)
        return Verdicts(tuple(missing), frozenset(denied))

    def _worst(self, source: str, narrow: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Of an action on several kinds of resources: it takes all of them."""
        found: dict[str, str] = {}
        for sample, group in narrow.items():
            for action, verdict in self._decided(source, group, sample).items():
                if found.get(action, ALLOWED) == ALLOWED:
                    found[action] = verdict
        return found

    def _passing(self, source: str) -> str:
        """The worst of the verdicts on passing a role to each of the services."""
        (role,) = self._samples(PASS_ROLE, False)
        for name in PASSED_TO:
            service = f"{name}.amazonaws.com"
            verdict = self._decided(source, [PASS_ROLE], role, service).get(PASS_ROLE, "")
            if verdict != ALLOWED:
                return verdict
        return ALLOWED

    def _samples(self, action: str, reading: bool) -> tuple[str, ...]:
        """A resource of each pattern that its policy would name, before there is any."""
        patterns = resources_of(
            action,
            reading=reading,
            partition=partition_of(self._region),
            region=self._region,
            account=self._account,
        )
        return tuple(each if each == "*" else each.replace("*", "check") for each in patterns)

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
            raise Unanswered(message, source=source) from error
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
        return DENIED
    return str(result.get("EvalDecision", ""))

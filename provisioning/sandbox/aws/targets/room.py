"""Calls of targets, by what their ARNs name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.misbehaviour import Misbehaviour
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.services import Place

_UNIVERSAL = re.compile(r"arn:aws:scheduler:::(?P<kind>aws-sdk:[a-z0-9]+:\w+)")
# Services whose ARNs have no kind of resource in them.
_PLAIN = frozenset({"sqs", "sns"})


@dataclass(frozen=True, kw_only=True)
class TargetCall:
    """A target that is to be called, once."""

    place: Place
    principal: str  # the service that calls: "events.amazonaws.com"
    source_arn: str  # what fired; a target's own policy may ask for it
    label: str  # the same for people
    target: Mapping[str, Any]  # as it was given: Arn, RoleArn, SqsParameters and so on
    session: Session | None  # the target's role, assumed; None where it has none
    input: str
    token: str  # the same for every attempt, so that nothing is started twice

    @property
    def arn(self) -> str:
        return str(self.target["Arn"])

    @property
    def context(self) -> dict[str, str]:
        return {"aws:SourceArn": self.source_arn, "aws:SourceAccount": self.place.account}

    def role(self) -> Session:
        """For targets that are reached with a role only."""
        if self.session is None:
            raise denied(f"RoleArn is required for target {self.arn}.")
        return self.session


Act = Callable[[TargetCall], None]


class Universal(Protocol):
    """Calls whatever operation a universal target names."""

    def knows(self, kind: str) -> bool: ...

    def call(self, wanted: TargetCall) -> None: ...


class Targets:
    """Services that can be targets register how they are called; raises AwsError."""

    def __init__(self, misbehaviour: Misbehaviour) -> None:
        self._misbehaviour = misbehaviour
        self._acts: dict[str, tuple[str, Act]] = {}
        # Of universal targets that have no act of their own.
        self.universal: Universal | None = None

    def register(self, kind: str, operation: str, act: Act) -> None:
        """`kind` is that of `kind_of`; `operation` is what people's faults name it by."""
        self._acts[kind] = (operation, act)

    def knows(self, arn: str) -> bool:
        kind = kind_of(arn)
        return kind in self._acts or self._is_universal(kind)

    def _is_universal(self, kind: str) -> bool:
        return kind.startswith("aws-sdk:") and bool(self.universal and self.universal.knows(kind))

    def call(self, wanted: TargetCall) -> None:
        kind = kind_of(wanted.arn)
        if kind not in self._acts and self._is_universal(kind) and self.universal:
            self.universal.call(wanted)
            return
        if kind not in self._acts:
            raise not_simulated(f"the target {wanted.arn}")
        operation, act = self._acts[kind]
        service = kind.removeprefix("aws-sdk:").partition(":")[0]
        self._misbehaviour.refuse(service, operation)
        act(wanted)


def kind_of(arn: str) -> str:
    """ "lambda:function", "sagemaker:pipeline", "sqs"; of Scheduler's universal targets the
    call: "aws-sdk:sagemaker:startPipelineExecution"; "" for what is no ARN."""
    if match := _UNIVERSAL.fullmatch(arn):
        return match["kind"]
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return ""
    service, resource = parts[2], parts[5]
    return service if service in _PLAIN else f"{service}:{re.split('[:/]', resource)[0]}"


def denied(message: str) -> AwsError:
    return AwsError("AccessDeniedException", message)

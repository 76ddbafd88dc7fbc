"""Starting, stopping and repeating executions of a state machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.common.deployed import settings_of
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import ParameterSpec, StackSpec
from provisioning.errors import AlreadyExists, CloudError, InvalidInput, NotPossible, Problem

from . import names, starting
from .reader import STATUSES
from .settings import Settings

LARGEST_INPUT = 256 * 1024  # bytes
NOT_REDRIVABLE = "ExecutionNotRedrivable"


class Controls:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._client = session.client("stepfunctions")
        self._spec = spec
        self._place = Place(spec.region, spec.account)

    def parameters(self) -> tuple[ParameterSpec, ...]:
        return parameters(self._settings())

    def start(self, parameters: Mapping[str, str], *, token: str) -> str:
        known = self.parameters()
        if problems := list(_problems(parameters, known)):
            raise InvalidInput(problems)
        defaults = {each.name: each.default for each in known if each.default is not None}
        return self._start(starting.by_hand({**defaults, **parameters}), token, "manual")

    def stop(self, cloud_id: str) -> None:
        status = self._execution(cloud_id)["status"]
        if STATUSES[status].final:
            raise NotPossible(f"This run has already ended: {status}.")
        with cloud_errors("stop the run"):
            self._client.stop_execution(executionArn=cloud_id, cause="Stopped by hand.")

    def rerun(self, cloud_id: str, *, from_failure: bool, token: str) -> str:
        if from_failure:
            return self._redrive(cloud_id, token)
        found = self._execution(cloud_id)
        return self._start(starting.again(found["input"], found["name"]), token, "rerun")

    def _start(self, given: str, token: str, word: str) -> str:
        """A name is one execution for 90 days, so that it carries the token."""
        name = f"{word}-{_hash(token)[:32]}"
        if len(given.encode()) > LARGEST_INPUT:
            raise InvalidInput.at("parameters", "Together they have more than 256 KB.")
        try:
            with cloud_errors("start a run"):
                answer = self._client.start_execution(
                    stateMachineArn=names.machine_arn(self._spec.slug, self._place),
                    name=name,
                    input=given,
                )
        except AlreadyExists:  # it was started before, and has ended since
            return names.execution_arn(self._spec.slug, self._place, name)
        return str(answer["executionArn"])

    def _redrive(self, cloud_id: str, token: str) -> str:
        try:
            with cloud_errors("go on with the run"):
                self._client.redrive_execution(executionArn=cloud_id, clientToken=_hash(token))
        except CloudError as error:
            if error.code == NOT_REDRIVABLE:
                raise NotPossible(f"Step Functions cannot go on with it: {error}.") from error
            raise
        return cloud_id

    def _execution(self, cloud_id: str) -> dict[str, Any]:
        with cloud_errors("read the run"):
            found: dict[str, Any] = self._client.describe_execution(executionArn=cloud_id)
        return found

    def _settings(self) -> Settings:
        return settings_of(self._spec, Settings)


def parameters(settings: Settings) -> tuple[ParameterSpec, ...]:
    return tuple(
        ParameterSpec(name=each.name, kind="string", default=each.default)
        for each in settings.parameters
    )


def _problems(given: Mapping[str, str], known: tuple[ParameterSpec, ...]) -> Iterator[Problem]:
    names = {each.name for each in known}
    for name in given:
        if name not in names:
            yield Problem(
                f"parameters.{name}", f"This pipeline has no parameter '{name}'.", "unknown"
            )
    for each in known:
        if each.default is None and each.name not in given:
            yield Problem(
                f"parameters.{each.name}", "This has no default: give a value.", "required"
            )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()

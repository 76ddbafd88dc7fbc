"""Starting, stopping and repeating runs of a SageMaker pipeline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Literal, cast

from provisioning.blueprints.common.deployed import settings_of
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import ParameterSpec, StackSpec
from provisioning.errors import InvalidInput, NotPossible, Problem

from . import names, values
from .reader import STATUSES, Reader
from .settings import Settings

LONGEST_VALUE = 1024
RETRYABLE = ("Failed", "Stopped")


class Controls:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._client = session.client("sagemaker")
        self._reader = Reader(session, spec)
        self._spec = spec

    def parameters(self) -> tuple[ParameterSpec, ...]:
        return parameters(settings_of(self._spec, Settings))

    def start(self, parameters: Mapping[str, str], *, token: str) -> str:
        known = {each.name: each for each in self.parameters()}
        if problems := list(_problems(parameters, known)):
            raise InvalidInput(problems)
        return self._start(parameters, token, "manual")

    def stop(self, cloud_id: str) -> None:
        status = self._status(cloud_id)
        if STATUSES[status].final:
            raise NotPossible(f"This run has already ended: {status}.")
        if status == "Stopping":
            return
        with cloud_errors("stop the run"):
            self._client.stop_pipeline_execution(PipelineExecutionArn=cloud_id)

    def rerun(self, cloud_id: str, *, from_failure: bool, token: str) -> str:
        status = self._status(cloud_id)
        if not from_failure:
            return self._start(self._reader.parameters(cloud_id), token, "rerun")
        if status not in RETRYABLE:
            raise NotPossible(
                f"SageMaker repeats failed and stopped runs only; this one is {status}."
            )
        with cloud_errors("retry the run"):
            answer = self._client.retry_pipeline_execution(
                PipelineExecutionArn=cloud_id, ClientRequestToken=_request_token(token)
            )
        return str(answer["PipelineExecutionArn"])

    def _start(self, parameters: Mapping[str, str], token: str, word: str) -> str:
        request = _request_token(token)
        with cloud_errors("start a run"):
            answer = self._client.start_pipeline_execution(
                PipelineName=names.pipeline(self._spec.slug),
                PipelineExecutionDisplayName=f"{word}-{request[:12]}",
                PipelineParameters=[
                    {"Name": name, "Value": value} for name, value in parameters.items()
                ],
                ClientRequestToken=request,
            )
        return str(answer["PipelineExecutionArn"])

    def _status(self, cloud_id: str) -> str:
        with cloud_errors("read the run"):
            found = self._client.describe_pipeline_execution(PipelineExecutionArn=cloud_id)
        return str(found["PipelineExecutionStatus"])


def parameters(settings: Settings) -> tuple[ParameterSpec, ...]:
    if settings.source == "definition":
        return tuple(map(_pasted, json.loads(settings.definition).get("Parameters", [])))
    return tuple(
        ParameterSpec(
            name=each.name,
            kind=_kind(each.type),
            default=each.default,
            choices=tuple(each.enum),
        )
        for each in settings.parameters
    )


def _pasted(found: Mapping[str, Any]) -> ParameterSpec:
    return ParameterSpec(
        name=found["Name"],
        kind=_kind(found.get("Type", "String")),
        default=_text(found["DefaultValue"]) if "DefaultValue" in found else None,
        choices=tuple(map(_text, found.get("EnumValues", []))),
    )


def _kind(type: str) -> Literal["string", "integer", "float", "boolean"]:
    return cast(Literal["string", "integer", "float", "boolean"], type.lower())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _problems(given: Mapping[str, str], known: Mapping[str, ParameterSpec]) -> Iterator[Problem]:
    for name, value in given.items():
        field, spec = f"parameters.{name}", known.get(name)
        if spec is None:
            yield Problem(field, f"This pipeline has no parameter '{name}'.", "unknown")
        elif message := values.problem(value, spec.kind.capitalize()):
            yield Problem(field, message)
        elif spec.choices and value not in spec.choices:
            yield Problem(field, f"One of {', '.join(spec.choices)}.")
        elif len(value) > LONGEST_VALUE:
            yield Problem(field, f"At most {LONGEST_VALUE} characters.")
    for name, spec in known.items():
        if spec.default is None and name not in given:
            yield Problem(f"parameters.{name}", "This has no default: give a value.", "required")


def _request_token(token: str) -> str:
    """SageMaker wants 32 to 128 characters."""
    return sha256(token.encode()).hexdigest()

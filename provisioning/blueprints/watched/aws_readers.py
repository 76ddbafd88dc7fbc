"""Runs of what others made on AWS, read as those of own Pipelines are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import RunRecord, StackSpec
from provisioning.errors import PermissionDenied

from ..aws_common.names import Place
from ..aws_sagemaker_pipeline.reader import Reader as OwnPipelineReader
from ..aws_stepfunctions_training import starting
from ..aws_stepfunctions_training.reader import Reader as OwnMachineReader
from ..aws_stepfunctions_training.reader import shortened
from .watcher import settings_of

MANUAL = "manual"


class PipelineReader(OwnPipelineReader):
    """Which trigger started a run follows from the role it took, where no two share one; else
    it is not known, and the run's time tells."""

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self._client = session.client("sagemaker")
        self._spec = spec
        self._settings = settings_of(spec)
        self._pipeline = self._settings.cloud_id.rpartition("/")[2]
        self._known: dict[str, Any] | None = None

    def _origin(self, creator: Mapping[str, Any], parameters: Mapping[str, str]) -> tuple[str, str]:
        return self._trigger(creator), ""

    def _trigger(self, creator: Mapping[str, Any]) -> str:
        arn = str(creator.get("IamIdentity", {}).get("Arn", ""))
        taken = arn.partition(":assumed-role/")[2].partition("/")[0]
        if not taken:  # a person's own identity, or nothing is told
            return MANUAL if arn or creator.get("UserProfileName") else ""
        fitting = [
            key
            for key, each in self._settings.starters.items()
            if each.starts_as.rpartition("/")[2] == taken
        ]
        if len(fitting) == 1:
            return fitting[0]
        # A role that no trigger takes is somebody's, such as that of a person who signed in.
        return "" if fitting else MANUAL

    def _definition(self) -> dict[str, Any]:
        """As it is now: kinds and order of steps. What may not be read leaves steps as they are
        listed."""
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> dict[str, Any]:
        try:
            with cloud_errors("read the pipeline's definition"):
                found = self._client.describe_pipeline(PipelineName=self._pipeline)
            written = json.loads(found["PipelineDefinition"])
        except (PermissionDenied, ValueError, KeyError):
            written = {}
        return written if isinstance(written.get("Steps"), list) else {"Steps": []}


class MachineReader(OwnMachineReader):
    """Step Functions does not keep who started an execution. An event of a rule tells its rule;
    of all others it is not known, and the run's time tells."""

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self._client = session.client("stepfunctions")
        self._spec = spec
        self._place = Place(spec.region, spec.account)
        self._settings = settings_of(spec)
        self._machine = self._settings.cloud_id

    def _with_origin(self, listed: RunRecord, found: Mapping[str, Any]) -> RunRecord:
        text = found.get("input") or "{}"
        given = starting.read(text)
        told = {"trigger": self._by_event(text), "cause": _cause(text)}
        parameters = {name: shortened(value) for name, value in given.parameters.items()}
        return listed.model_copy(update={**told, "parameters": parameters})

    def _by_event(self, text: str) -> str:
        named = set(_resources(text))
        fitting = (key for key, each in self._settings.starters.items() if each.cloud_id in named)
        return next(fitting, "")


def _resources(text: str) -> Iterator[str]:
    """Of an EventBridge event that was handed on as it was."""
    event = _event(text)
    resources = event.get("resources")
    yield from (str(each) for each in resources or () if isinstance(resources, list))


def _cause(text: str) -> str:
    event = _event(text)
    detail = event.get("detail")
    named = detail.get("object") if isinstance(detail, dict) else None
    if isinstance(named, dict) and named.get("key"):
        return str(named["key"])
    if event.get("source") in ("aws.scheduler", "aws.events"):
        return ""
    return f"{event.get('detail-type', '')} {str(event.get('id', ''))[:8]}".strip()


def _event(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and "detail-type" in found else {}

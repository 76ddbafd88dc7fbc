"""Starting, stopping and repeating runs of a data pipeline."""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import ParameterSpec, StackSpec
from provisioning.errors import InvalidInput, NotPossible, Problem

from ..google_common.claims import Claims
from ..google_common.names import Place
from . import names
from .dataflow import Dataflow, status
from .reader import Reader

FROM_FAILURE = "Dataflow runs a job from its beginning only."


class Controls:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        place = Place(spec.region, spec.account)
        self._pipelines = session.client("datapipelines").projects().locations().pipelines()
        self._name = names.pipeline(spec.slug, place)
        self._reader = Reader(session, spec)
        self._dataflow = Dataflow(session, spec)
        self._starts = Claims(session, place.bucket(spec.slug, names.WORK), names.STARTS)

    def parameters(self) -> tuple[ParameterSpec, ...]:
        """None: Google runs the pipeline as it was deployed."""
        return ()

    def start(self, parameters: Mapping[str, str], *, token: str) -> str:
        if parameters:
            message = "Google runs a data pipeline as it was deployed, with no other parameters."
            raise InvalidInput(
                [Problem(f"parameters.{name}", message, "unknown") for name in parameters]
            )
        return self._starts.once(token, self._run)

    def stop(self, cloud_id: str) -> None:
        if "/executions/" in cloud_id:
            raise NotPossible("This start came to no job: there is nothing to stop.")
        behind = self._reader.behind(cloud_id)
        if behind is None:
            raise NotPossible(
                "Dataflow has no job that belongs to this run for certain. Stop it in the console."
            )
        state = str(behind.get("currentState", ""))
        if status(state).final:
            raise NotPossible(f"This run has already ended: {state}.")
        if state != "JOB_STATE_CANCELLING":
            self._dataflow.cancel(behind)

    def rerun(self, cloud_id: str, *, from_failure: bool, token: str) -> str:
        if from_failure:
            raise NotPossible(FROM_FAILURE)
        return self._starts.once(token, self._run)

    def _run(self) -> str:
        with cloud_errors("start a run"):
            answer = self._pipelines.run(name=self._name, body={}).execute()
        return str(answer["job"]["name"])

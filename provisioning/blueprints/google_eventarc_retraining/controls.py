"""Starting, stopping and repeating training by hand.

Skyclock starts the training job by itself, as the service would for an event: the service is
reached by Eventarc only. The token takes the place of the event's number, so that the job has
the name and the label that follow from it, and a token whose job is there starts no second one.
Two who come with the same token at the same time are told apart by a claim, as two deliveries.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.clouds.session import Session
from provisioning.contracts import ParameterSpec, StackSpec
from provisioning.errors import InvalidInput, NotPossible, Problem

from ..common.deployed import settings_of
from ..google_common.claims import Claims
from ..google_common.names import DATA, Place
from . import names, vertex
from .assets.service.jobs import MANUAL, Happened, custom_job
from .building import config
from .reader import EVENTS, UNHEARD, Reader
from .settings import Settings

OBJECT = "object"
INPUT = "input"
FROM_FAILURE = "Vertex AI runs a training job from its beginning only."


class Controls:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        place = Place(spec.region, spec.account)
        self._spec = spec
        self._bucket = place.bucket(spec.slug, DATA)
        self._name = names.service_name(spec.slug, place)
        self._reader = Reader(session, spec)
        self._vertex = vertex.Vertex(session, spec)
        self._claims = Claims(session, place.bucket(spec.slug, names.CLAIMS), "skyclock/starts/")

    def parameters(self) -> tuple[ParameterSpec, ...]:
        return (ParameterSpec(name=OBJECT, kind="string"),)

    def start(self, parameters: Mapping[str, str], *, token: str) -> str:
        if problems := [
            Problem(f"parameters.{name}", f"This pipeline has no parameter '{name}'.", "unknown")
            for name in parameters
            if name != OBJECT
        ]:
            raise InvalidInput(problems)
        key = parameters.get(OBJECT, "").strip()
        if not key:
            raise InvalidInput.at(
                f"parameters.{OBJECT}",
                f"Which object to train with: a key in {self._bucket}, or a whole gs:// address.",
                "required",
            )
        whole = key if key.startswith("gs://") else f"gs://{self._bucket}/{key}"
        return self._start(whole, key, token)

    def stop(self, cloud_id: str) -> None:
        job = self._job(cloud_id, "stop")
        if vertex.status_of(job).final:
            raise NotPossible(f"This run has already ended: {job['state']}.")
        if job["state"] != "JOB_STATE_CANCELLING":
            self._vertex.cancel(job)

    def rerun(self, cloud_id: str, *, from_failure: bool, token: str) -> str:
        if from_failure:
            raise NotPossible(FROM_FAILURE)
        job = self._job(cloud_id, "repeat")
        return self._start(vertex.input_of(job), vertex.cause_of(job), token)

    def _start(self, whole: str, cause: str, token: str) -> str:
        happened = Happened(number=f"skyclock {token}", cause=cause, input=whole)
        body = custom_job(config(self._spec, settings_of(self._spec, Settings)), happened, MANUAL)

        def again() -> str | None:
            found = self._vertex.of_event(happened.event)
            return str(found["name"]) if found else None

        self._claims.once(token, lambda: str(self._vertex.create(body)["name"]), again)
        return f"{self._name}{EVENTS}{happened.event}"

    def _job(self, cloud_id: str, doing: str) -> vertex.Job:
        job = None if UNHEARD in cloud_id else self._reader.job(cloud_id)
        if job is None:
            raise NotPossible(f"This event came to no training job: there is nothing to {doing}.")
        return job

"""Starting, stopping and repeating trainings. To start one is to say on the bus that it is
wanted: the handler does the rest, as for every other event."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioning.blueprints.aws_common import jobs
from provisioning.blueprints.aws_common.fields import S3_ADDRESS
from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_common.samples import put_event
from provisioning.blueprints.common.deployed import settings_of
from provisioning.clouds.session import Session
from provisioning.contracts import EventSample, ParameterSpec, StackSpec
from provisioning.errors import InvalidInput, NotPossible, Problem

from . import names
from .assets.training_events.wording import REQUESTED, SOURCE, digest, job_name
from .reader import Reader
from .settings import Settings

DATA = "data"
FROM_FAILURE = "A training job has no part to go on from. Run it again as a whole."


class Controls:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session, self._spec = session, spec
        self._reader = Reader(session, spec)

    def parameters(self) -> tuple[ParameterSpec, ...]:
        settings = settings_of(self._spec, Settings)
        return (ParameterSpec(name=DATA, kind="string", default=settings.data.default),)

    def start(self, parameters: Mapping[str, str], *, token: str) -> str:
        (known,) = self.parameters()
        if problems := list(_problems(parameters, known)):
            raise InvalidInput(problems)
        return self._ask(parameters.get(DATA) or str(known.default), token)

    def stop(self, cloud_id: str) -> None:
        jobs.stop(self._session, self._reader.run(cloud_id))

    def rerun(self, cloud_id: str, *, from_failure: bool, token: str) -> str:
        if from_failure:
            raise NotPossible(FROM_FAILURE)
        data = self._reader.run(cloud_id).parameters.get(DATA)
        if not data:
            raise NotPossible("This run had no data. Start one and name some.")
        return self._ask(data, token)

    def _ask(self, data: str, token: str) -> str:
        """The job's name follows from the token, so that asking twice trains once."""
        cause = f"token-{digest(token)}"
        job = job_name(names.jobs(self._spec.slug), cause)
        detail = {
            "job": job,
            "data": data,
            "cause": {"id": cause, "source": SOURCE, "type": REQUESTED, "text": ""},
            "trigger": "",
            "again": "",
        }
        sample = EventSample(source=SOURCE, type=REQUESTED, detail=detail)
        put_event(self._session, names.bus(self._spec.slug), sample)
        return names.job_arn(job, Place(self._spec.region, self._spec.account))


def _problems(given: Mapping[str, str], known: ParameterSpec) -> Iterator[Problem]:
    for name in given:
        if name != known.name:
            yield Problem(f"parameters.{name}", f"There is no parameter '{name}'.", "unknown")
    value = given.get(DATA) or known.default
    if not value:
        yield Problem("parameters.data", "This has no default: give a value.", "required")
    elif not re.fullmatch(S3_ADDRESS, value):
        yield Problem("parameters.data", "Write an S3 address: s3://bucket/prefix.")

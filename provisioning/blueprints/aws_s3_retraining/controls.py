"""Starting, stopping and repeating trainings. To start one is to call the function, which does
for people what it does for an object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.blueprints.aws_common import jobs
from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.common.deployed import settings_of
from provisioning.clouds import cloud_errors
from provisioning.clouds.aws_errors import BY_CODE
from provisioning.clouds.session import Session
from provisioning.contracts import ParameterSpec, StackSpec
from provisioning.errors import CloudError, InvalidInput, NotFound, NotPossible, Problem

from . import names, wiring
from .assets.retraining.wording import data_address, digest, job_name
from .reader import OBJECT_PARAMETER, Reader
from .settings import Settings

LONGEST_KEY = 1024
FROM_FAILURE = "A training job has no part to go on from. Run it again as a whole."


class Controls:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session, self._spec = session, spec
        self._reader = Reader(session, spec)
        self._bucket = names.data_bucket(spec.slug, spec.account)

    def parameters(self) -> tuple[ParameterSpec, ...]:
        default = self._settings().data.default_folder
        return (ParameterSpec(name=OBJECT_PARAMETER, kind="string", default=default),)

    def start(self, parameters: Mapping[str, str], *, token: str) -> str:
        (known,) = self.parameters()
        if problems := list(self._problems(parameters)):
            raise InvalidInput(problems)
        return self._ask(self._key(parameters.get(OBJECT_PARAMETER) or str(known.default)), token)

    def stop(self, cloud_id: str) -> None:
        jobs.stop(self._session, self._reader.run(cloud_id))

    def rerun(self, cloud_id: str, *, from_failure: bool, token: str) -> str:
        if from_failure:
            raise NotPossible(FROM_FAILURE)
        key, address = self._reader.data(cloud_id)
        train_on = self._settings().data.train_on
        if address and data_address(self._bucket, key, train_on=train_on) != address:
            key = self._key(address)  # the settings have changed: the same data, all the same
        return self._ask(key, token)

    def _settings(self) -> Settings:
        return settings_of(self._spec, Settings)

    def _problems(self, given: Mapping[str, str]) -> Iterator[Problem]:
        for name, value in given.items():
            field = f"parameters.{name}"
            if name != OBJECT_PARAMETER:
                yield Problem(field, f"There is no parameter '{name}'.", "unknown")
            elif value.startswith("s3://") and not value.startswith(f"s3://{self._bucket}/"):
                yield Problem(field, f"Name an object of the bucket {self._bucket}.")
            elif len(self._key(value).encode()) > LONGEST_KEY:
                yield Problem(field, f"At most {LONGEST_KEY} bytes.")

    def _key(self, value: str) -> str:
        return value.removeprefix(f"s3://{self._bucket}/").removeprefix("/")

    def _ask(self, key: str, token: str) -> str:
        """The job's name follows from the token, so that asking twice trains once."""
        cause = f"token-{digest(token)}"
        answer = self._call(wiring.told_by_people(cause, key))
        for refused in answer.get("refused", ()):
            kind = BY_CODE.get(refused["code"], CloudError)
            raise kind(refused["message"], code=refused["code"], operation="start a run")
        job = job_name(names.jobs(self._spec.slug), cause)
        if job not in answer.get("started", ()):
            raise CloudError("The function did not start the job.", operation="start a run")
        return names.job_arn(job, Place(self._spec.region, self._spec.account))

    def _call(self, event: dict[str, Any]) -> dict[str, Any]:
        name = names.function(self._spec.slug)
        try:
            with cloud_errors("start a run"):
                answer = self._session.client("lambda").invoke(
                    FunctionName=name, Payload=json.dumps(event).encode()
                )
        except NotFound as error:
            raise NotPossible(f"AWS has no function {name}. Deploy the pipeline first.") from error
        said: dict[str, Any] = json.loads(answer["Payload"].read() or b"{}")
        if answer.get("FunctionError"):
            message = said.get("errorMessage") or "The function failed; its log says why."
            raise CloudError(message, code=said.get("errorType", ""), operation="start a run")
        return said

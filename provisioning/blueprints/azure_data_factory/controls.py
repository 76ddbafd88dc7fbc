"""Starting, stopping and repeating runs of a factory's pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, timedelta
from hashlib import sha256
from typing import Any, Literal

from provisioning.blueprints.common.deployed import settings_of
from provisioning.clouds.session import Session
from provisioning.contracts import ParameterSpec, StackSpec
from provisioning.errors import InvalidInput, NotPossible, Problem

from . import names, values
from .api import FactoryApi, Json
from .building import OWN_PARAMETERS
from .pasted import documents_of
from .reader import STATUSES
from .settings import Settings

REMEMBERED = timedelta(days=1)  # a request is repeated within seconds, if at all
MOST_PAGES = 20
LONGEST_VALUE = 8192
ENDED_BADLY = ("Failed", "Cancelled")
Kind = Literal["string", "integer", "float", "boolean"]
KINDS: dict[str, Kind] = {"int": "integer", "float": "float", "bool": "boolean"}


class Controls:
    """Data Factory knows no token of a request. So every run carries its own as a parameter,
    and is looked for before one is started: two requests with the same token that come within
    the seconds that its list lags behind may both start a run."""

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self._spec = spec
        self._api = FactoryApi(session, spec)

    def parameters(self) -> tuple[ParameterSpec, ...]:
        return tuple(
            ParameterSpec(name=name, kind=_kind(each), default=_default(each))
            for name, each in self._declared().items()
        )

    def start(self, parameters: Mapping[str, str], *, token: str) -> str:
        declared = self._declared()
        if problems := list(_problems(parameters, declared)):
            raise InvalidInput(problems)
        given = {
            name: values.typed(text, str(declared[name]["type"]))
            for name, text in parameters.items()
        }
        return self._start(given, token)

    def stop(self, cloud_id: str) -> None:
        status = str(self._api.pipeline_run(cloud_id)["status"])
        if STATUSES[status].final:
            raise NotPossible(f"This run has already ended: {status}.")
        if status not in ("Canceling", "Cancelling"):
            self._api.cancel(cloud_id)

    def rerun(self, cloud_id: str, *, from_failure: bool, token: str) -> str:
        run = self._api.pipeline_run(cloud_id)
        if not from_failure:
            declared = self._declared()
            found = run.get("parameters") or {}
            given = {
                name: values.typed(values.text_of(value), str(declared[name]["type"]))
                for name, value in found.items()
                if name in declared
            }
            return self._start(given, token)
        if run["status"] not in ENDED_BADLY:
            raise NotPossible(
                "Only a run that failed or was cancelled goes on from where it ended; this one is "
                f"{run['status']}."
            )
        return self._recover(run)

    def _start(self, parameters: Json, token: str) -> str:
        carried = sha256(token.encode()).hexdigest()[:32]
        found = self._started_by(carried)
        return found or self._api.create_run({**parameters, names.TOKEN: carried})

    def _started_by(self, carried: str) -> str | None:
        """The run that was started for the same request."""
        for run in self._runs(REMEMBERED):
            if (run.get("parameters") or {}).get(names.TOKEN) == carried:
                return str(run["runId"])
        return None

    def _recover(self, run: Json) -> str:
        """A recovery belongs to the group of the run it recovers; a second one is not begun."""
        since = timedelta(days=45)
        group = run.get("runGroupId") or run["runId"]
        for other in self._runs(since, {"operand": "RunGroupId", "values": [group]}):
            if other["runId"] != run["runId"] and other["runStart"] > run["runStart"]:
                return str(other["runId"])
        return self._api.create_run(
            {},
            reference_pipeline_run_id=run["runId"],
            is_recovery=True,
            start_from_failure=True,
        )

    def _runs(self, since: timedelta, only: Json | None = None) -> Iterator[Json]:
        now = self._session.now()
        pipeline = {"operand": "PipelineName", "values": [self._api.pipeline]}
        asked: Json = {
            "lastUpdatedAfter": _stamp(now - since),
            "lastUpdatedBefore": _stamp(now + timedelta(days=1)),
            "filters": [
                {"operator": "Equals", **each} for each in (pipeline, only) if each is not None
            ],
            "orderBy": [{"orderBy": "RunStart", "order": "DESC"}],
        }
        for _ in range(MOST_PAGES):
            answer = self._api.pipeline_runs(asked)
            yield from answer.get("value", [])
            if not answer.get("continuationToken"):
                return
            asked["continuationToken"] = answer["continuationToken"]

    def _declared(self) -> dict[str, Json]:
        return declared(settings_of(self._spec, Settings))


def declared(settings: Settings) -> dict[str, Json]:
    """The pipeline's parameters that people see."""
    found: dict[str, Json] = documents_of(settings).pipeline["parameters"]
    return {name: each for name, each in found.items() if name not in OWN_PARAMETERS}


def _kind(parameter: Json) -> Kind:
    return KINDS.get(str(parameter.get("type", "")).lower(), "string")


def _default(parameter: Json) -> str | None:
    if "defaultValue" not in parameter:
        return None
    return values.text_of(parameter["defaultValue"])


def _problems(given: Mapping[str, str], known: Mapping[str, Json]) -> Iterator[Problem]:
    for name, text in given.items():
        field, parameter = f"parameters.{name}", known.get(name)
        if parameter is None:
            yield Problem(field, f"This pipeline has no parameter '{name}'.", "unknown")
        elif message := values.problem(text, str(parameter.get("type", ""))):
            yield Problem(field, message)
        elif len(text) > LONGEST_VALUE:
            yield Problem(field, f"At most {LONGEST_VALUE} characters.")
    for name, parameter in known.items():
        if "defaultValue" not in parameter and name not in given:
            yield Problem(f"parameters.{name}", "This has no default: give a value.", "required")


def _stamp(moment: Any) -> str:
    return str(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))

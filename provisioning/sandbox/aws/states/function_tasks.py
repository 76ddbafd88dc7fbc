"""Tasks that call a Lambda function: its code runs outside of the world's lock, in real time."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from provisioning.sandbox.aws.calls import ApiCalls
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.states import results
from provisioning.sandbox.aws.states.language.problems import StateFailed
from provisioning.sandbox.aws.states.language.scope import written
from provisioning.sandbox.aws.states.machine_role import ACCESS_KEY, require_trust
from provisioning.sandbox.aws.states.records import Outcome
from provisioning.sandbox.aws.states.resources import Resource, read_resource
from provisioning.sandbox.aws.states.tasks import Called, TaskCall, task_call
from provisioning.sandbox.aws.states.walk import PAUSE
from provisioning.sandbox.aws.world import World

if TYPE_CHECKING:
    from provisioning.sandbox.aws.states.engine import Engine

_WAITS = "function/"
Finish = Callable[[], dict[str, Any]]


class FunctionTasks:
    def __init__(self, world: World, api: ApiCalls) -> None:
        self._world = world
        self._api = api
        self._engine: Engine | None = None

    def attach(self, engine: Engine) -> None:
        """Whom outcomes are told. Calls that a restart cut off are made again."""
        self._engine = engine
        simulation = self._world.simulation
        simulation.handle("states_function", self._resume)
        for _, task in engine.waiting_for(_WAITS):
            simulation.announce(
                at=self._world.clock.read(), kind="states_function", key=task.waits_for
            )

    def _resume(self, name: str, time: float) -> None:
        assert self._engine
        for execution, task in self._engine.waiting_for(name):
            arn = f"arn:aws:states:::{task.kind}:{task.resource}" if task.kind else task.resource
            resource = read_resource(arn)
            assert resource is not None
            call = task_call(execution, resource, task.arguments)
            self._world.simulation.outside(partial(self._again, name, call))

    def call(self, call: TaskCall) -> Called:
        """Raises StateFailed where the call is refused."""
        found = self._begin(call)
        if not callable(found):
            return Called(_answer(call.resource, found))
        name = f"{_WAITS}{uuid.uuid4()}"
        self._world.simulation.outside(lambda: self._finish(name, call.resource, found))
        return Called(waits_for=name, under_way=True)

    def _begin(self, call: TaskCall) -> dict[str, Any] | Finish:
        try:
            require_trust(call.session)
            return self._api.begin(
                "lambda", "Invoke", _given(call), place=call.place,
                caller=call.session.caller(access_key=ACCESS_KEY),
            )  # fmt: skip
        except AwsError as error:
            raise results.refusal(call.resource, error) from error

    def _again(self, name: str, call: TaskCall) -> None:
        try:
            with self._world.lock, self._world.clock.at(self._world.clock.read()):
                found = self._begin(call)
        except StateFailed as failure:
            self._tell(name, Outcome(failed=True, error=failure.error, cause=failure.cause))
            return
        self._finish(name, call.resource, found if callable(found) else lambda: dict(found))

    def _finish(self, name: str, resource: Resource, finish: Finish) -> None:
        """Run the function; call it with the world unlocked."""
        try:
            outcome = _outcome(resource, finish())
        except AwsError as error:
            failure = results.refusal(resource, error)
            outcome = Outcome(failed=True, error=failure.error, cause=failure.cause)
        self._tell(name, outcome)

    def _tell(self, name: str, outcome: Outcome) -> None:
        with self._world.lock, self._world.clock.at(self._world.clock.read()):
            if self._engine:
                self._engine.task_ended(name, outcome, hearing=PAUSE)
        self._world.store.commit()


def _given(call: TaskCall) -> dict[str, Any]:
    """The arguments of Invoke."""
    if not call.resource.kind:
        return {"FunctionName": call.resource.arn, "Payload": written(call.arguments).encode()}
    given = dict(call.arguments)
    if "Payload" in given:
        given["Payload"] = written(given["Payload"]).encode()
    return given


def _outcome(resource: Resource, answer: dict[str, Any]) -> Outcome:
    payload = _read(answer)
    if not answer.get("FunctionError"):
        return Outcome(output=payload if not resource.kind else _shown(answer, payload))
    error = payload.get("errorType", "Unknown") if isinstance(payload, dict) else "Unknown"
    return Outcome(failed=True, error=str(error), cause=results.as_text(payload))


def _answer(resource: Resource, answer: dict[str, Any]) -> Any:
    return _shown(answer, _read(answer))


def _read(answer: dict[str, Any]) -> Any:
    payload: bytes | None = answer.get("Payload")
    return json.loads(payload or b"null")


def _shown(answer: dict[str, Any], payload: Any) -> dict[str, Any]:
    found = {"StatusCode": answer.get("StatusCode", 200), **results.exchange()}
    if payload is not None:
        found |= {"ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"), "Payload": payload}
    return found

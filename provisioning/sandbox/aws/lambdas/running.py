"""One invocation: the code runs, and CloudWatch gets its log."""

from __future__ import annotations

import json
from collections.abc import Iterator

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.lambdas.environment import Result
from provisioning.sandbox.aws.lambdas.environments import Environments
from provisioning.sandbox.aws.lambdas.records import LATEST, Function
from provisioning.sandbox.aws.logs import Line, Logs
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.world import World


class Running:
    def __init__(self, world: World, environments: Environments) -> None:
        self._world = world
        self._environments = environments
        self._logs = Logs(world.moto)

    def run(self, function: Function, *, id: str, event: str) -> Result:
        """Called with the world unlocked. `function` is a copy, so that it stays as it is."""
        started = self._world.clock.read()
        try:
            result = self._environments.run(function, id=id, event=event)
        except AwsError as error:
            failed = {"errorType": error.code, "errorMessage": error.message}
            return Result(payload=json.dumps(failed), error=True)
        with self._world.lock:
            self._write_log(function, id, result, started)
        return result

    def _write_log(self, function: Function, id: str, result: Result, started: float) -> None:
        texts = list(report(function, id, result))
        pause = (self._world.clock.read() - started) / len(texts)
        lines: list[Line] = [(started + n * pause, text) for n, text in enumerate(texts)]
        self._logs.write(
            function.place,
            group=function.log_group,
            stream=result.stream,
            lines=lines,
            session=Session(role_arn=function.role, session_name=function.name),
        )


def report(function: Function, id: str, result: Result) -> Iterator[str]:
    """The lines of one invocation, as Lambda writes them."""
    if result.init_seconds is not None:
        version = function.settings["Runtime"].replace("python", "python:")
        yield f"INIT_START Runtime Version: {version}"
    yield f"START RequestId: {id} Version: {LATEST}"
    yield from result.log
    yield f"END RequestId: {id}"
    milliseconds = 1000 * result.seconds
    init = result.init_seconds
    yield "\t".join(
        [
            f"REPORT RequestId: {id}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {int(milliseconds) + 1} ms",
            f"Memory Size: {function.settings['MemorySize']} MB",
            f"Max Memory Used: {result.used_mb} MB",
            *([f"Init Duration: {1000 * init:.2f} ms"] if init is not None else []),
        ]
    )

"""What Step Functions says on the default event bus when an execution begins or ends.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

from provisioning.sandbox.aws.sagemaker.announcing import Bus
from provisioning.sandbox.aws.states.records import Execution

_LARGEST_DATA = 248 * 1024  # what is larger is left out


class Announcing:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def execution(self, execution: Execution) -> None:
        if not self._bus.listens(execution.place):
            return
        given = _fits(execution.input)
        gave = _fits(execution.output)
        self._bus.say(
            execution.place,
            source="aws.states",
            kind="Step Functions Execution Status Change",
            resources=[execution.arn],
            detail={
                "executionArn": execution.arn,
                "stateMachineArn": execution.machine_arn,
                "stateMachineVersionArn": None,
                "stateMachineAliasArn": None,
                "name": execution.name,
                "status": execution.status,
                "startDate": _milliseconds(execution.started),
                "stopDate": _milliseconds(execution.stopped),
                "input": execution.input if given else None,
                "inputDetails": {"included": given},
                "output": execution.output if gave else None,
                "outputDetails": None if execution.output is None else {"included": gave},
                "error": execution.error,
                "cause": execution.cause,
                "redriveCount": execution.redrives,
                "redriveDate": _milliseconds(execution.redriven),
            },
        )


def _fits(text: str | None) -> bool:
    return text is not None and len(text.encode()) < _LARGEST_DATA


def _milliseconds(time: float | None) -> int | None:
    return None if time is None else round(time * 1000)

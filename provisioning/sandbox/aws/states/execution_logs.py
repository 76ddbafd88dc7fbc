"""What Step Functions writes into the log group that a machine names.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from moto.backends import get_backend

from provisioning.sandbox.aws.logs import Logs
from provisioning.sandbox.aws.states.history import Event
from provisioning.sandbox.aws.states.records import Execution
from provisioning.sandbox.clock import to_datetime

_FATAL = ("ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")
_ERROR_ENDS = ("Failed", "Aborted", "TimedOut")
_DATA = ("input", "output", "parameters", "assignedVariables")


class ExecutionLogs:
    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    def write(self, execution: Execution, events: Iterable[Event]) -> None:
        logging = execution.logging or {}
        wanted = [each for each in events if _wanted(str(logging.get("level", "OFF")), each)]
        if not wanted:
            return
        arn = logging["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"]
        group = arn.split(":log-group:")[-1].removesuffix(":*")
        place = execution.place
        if group not in get_backend("logs")[place.account][place.region].groups:
            return  # deleted since
        with_data = bool(logging.get("includeExecutionData"))
        self._logs.deliver(
            place,
            group=group,
            stream=f"states/{execution.machine}/{to_datetime(execution.started):%Y-%m-%d-%H-%M}",
            lines=[
                (each["timestamp"], _line(execution, each, with_data=with_data)) for each in wanted
            ],
        )


def _wanted(level: str, event: Event) -> bool:
    if level == "ERROR":
        return str(event["type"]).endswith(_ERROR_ENDS)
    return level == "ALL" or (level == "FATAL" and event["type"] in _FATAL)


def _line(execution: Execution, event: Event, *, with_data: bool) -> str:
    details: dict[str, Any] = next((v for k, v in event.items() if k.endswith("Details")), {})
    if not with_data:
        details = {name: value for name, value in details.items() if name not in _DATA}
    return json.dumps(
        {
            "id": str(event["id"]),
            "type": event["type"],
            "details": details,
            "previous_event_id": str(event["previousEventId"]),
            "event_timestamp": str(round(event["timestamp"] * 1000)),
            "execution_arn": execution.arn,
            "redrive_count": str(execution.redrives),
        }
    )

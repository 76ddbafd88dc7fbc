"""The queries of runs: a window of time, filters, an order, and pages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from provisioning.sandbox.azure.datafactory.runs.index import KEPT
from provisioning.sandbox.azure.datafactory.runs.records import ActivityRun, PipelineRun
from provisioning.sandbox.azure.datafactory.triggers.records import TriggerRun
from provisioning.sandbox.azure.errors import bad_request
from provisioning.sandbox.azure.times import seconds_of, written
from provisioning.sandbox.rest import RestResponse

PAGE = 100
_OPERATORS: dict[str, Callable[[str, Sequence[str]], bool]] = {
    "Equals": lambda value, wanted: value in wanted,
    "In": lambda value, wanted: value in wanted,
    "NotEquals": lambda value, wanted: value not in wanted,
    "NotIn": lambda value, wanted: value not in wanted,
}
R = TypeVar("R")
Get = Callable[[R], Any]


@dataclass(frozen=True)
class Fields(Generic[R]):
    """What may be filtered by and sorted by, and what sorts where nobody asked."""

    filters: Mapping[str, Get[R]]
    orders: Mapping[str, Get[R]]
    usual: Get[R]
    latest: Get[R] | None = None  # whether it is the last of its group


def _time(seconds: float | None) -> str:
    return "" if seconds is None else written(seconds)


_OF_RUN: dict[str, Get[PipelineRun]] = {
    "PipelineName": lambda run: run.pipeline,
    "Status": lambda run: run.status,
    "RunStart": lambda run: _time(run.begun),
    "RunEnd": lambda run: _time(run.ended),
}
_OF_ACTIVITY: dict[str, Get[ActivityRun]] = {
    "ActivityName": lambda record: record.name,
    "ActivityRunStart": lambda record: _time(record.begun),
    "ActivityRunEnd": lambda record: _time(record.ended),
    "Status": lambda record: record.status,
}
_OF_TRIGGER: dict[str, Get[TriggerRun]] = {
    "TriggerName": lambda run: run.trigger,
    "TriggerRunTimestamp": lambda run: _time(run.time),
    "Status": lambda run: run.status,
}
PIPELINE_RUNS: Fields[PipelineRun] = Fields(
    {**_OF_RUN, "RunGroupId": lambda run: run.group},
    _OF_RUN,
    usual=lambda run: run.begun,
    latest=lambda run: run.latest,
)
ACTIVITY_RUNS: Fields[ActivityRun] = Fields(
    {**_OF_ACTIVITY, "ActivityType": lambda record: record.type},
    _OF_ACTIVITY,
    usual=lambda record: record.begun,
)
TRIGGER_RUNS: Fields[TriggerRun] = Fields(
    {**_OF_TRIGGER, "RunGroupId": lambda run: run.group},
    _OF_TRIGGER,
    usual=lambda run: run.time,
    latest=lambda run: run.latest,
)


@dataclass(frozen=True)
class Window:
    """Both ends count. What is older than the history is not found."""

    after: float
    before: float

    def has(self, updated: float) -> bool:
        return self.after <= updated <= self.before


def window_of(body: Mapping[str, Any], *, now: float) -> Window:
    """Raises RestError where it is missing or no window."""
    times = []
    for name in ("lastUpdatedAfter", "lastUpdatedBefore"):
        if not body.get(name):
            raise bad_request(f"Required property '{name}' is missing in payload.")
        try:
            times.append(seconds_of(str(body[name])))
        except ValueError as error:
            raise bad_request(f"'{name}' is not a time: '{body[name]}'.") from error
    return Window(max(times[0], now - KEPT), times[1])


def answer(
    rows: list[R], body: Mapping[str, Any], fields: Fields[R], show: Callable[[R], dict[str, Any]]
) -> RestResponse:
    """One page of the rows that pass the filters, in the order asked for."""
    for each in body.get("filters") or []:
        rows = _filtered(rows, each, fields)
    orders = body.get("orderBy") or [{"orderBy": None, "order": "DESC"}]
    for each in reversed(orders):
        rows = _sorted(rows, each, fields)
    begin = _position(body.get("continuationToken"))
    page: dict[str, Any] = {"value": [show(row) for row in rows[begin : begin + PAGE]]}
    if begin + PAGE < len(rows):
        token = base64.b64encode(str(begin + PAGE).encode()).decode()
        page["continuationToken"] = token
    return RestResponse(200, page)


def _filtered(rows: list[R], wanted: Mapping[str, Any], fields: Fields[R]) -> list[R]:
    operand, operator = str(wanted.get("operand")), str(wanted.get("operator"))
    values = [str(each) for each in wanted.get("values") or []]
    if operator not in _OPERATORS:
        raise bad_request(f"Invalid filter operator '{operator}'.")
    if operand == "LatestOnly" and fields.latest is not None:
        latest, only = fields.latest, any(value.lower() == "true" for value in values)
        return [row for row in rows if latest(row) or not only]
    if operand not in fields.filters:
        raise bad_request(f"Invalid filter operand '{operand}'.")
    get, passes = fields.filters[operand], _OPERATORS[operator]
    return [row for row in rows if passes(str(get(row)), values)]


def _sorted(rows: list[R], wanted: Mapping[str, Any], fields: Fields[R]) -> list[R]:
    name = wanted.get("orderBy")
    if name is not None and name not in fields.orders:
        raise bad_request(f"Invalid order '{name}'.")
    get = fields.usual if name is None else fields.orders[str(name)]
    down = str(wanted.get("order", "ASC")).upper() == "DESC"
    return sorted(rows, key=get, reverse=down)


def _position(token: Any) -> int:
    try:
        return int(base64.b64decode(str(token))) if token else 0
    except ValueError as error:
        raise bad_request("The continuation token is not valid.") from error

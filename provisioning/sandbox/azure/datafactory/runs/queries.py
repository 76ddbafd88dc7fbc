"""The queries of runs: a window of time, filters, an order, and pages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.azure.datafactory.runs.index import KEPT
from provisioning.sandbox.azure.errors import bad_request
from provisioning.sandbox.azure.times import seconds_of
from provisioning.sandbox.rest import RestResponse

PAGE = 100
_OPERATORS: dict[str, Callable[[Any, Sequence[Any]], bool]] = {
    "Equals": lambda value, wanted: str(value) in wanted,
    "In": lambda value, wanted: str(value) in wanted,
    "NotEquals": lambda value, wanted: str(value) not in wanted,
    "NotIn": lambda value, wanted: str(value) not in wanted,
}


@dataclass(frozen=True)
class Fields:
    """What may be filtered by and sorted by: the API's name and that of the answer's member."""

    filters: Mapping[str, str]
    orders: Mapping[str, str]
    usual: str  # the answer's member that sorts where nobody asked


PIPELINE_RUNS = Fields(
    {"PipelineName": "pipelineName", "Status": "status", "RunStart": "runStart",
     "RunEnd": "runEnd", "RunGroupId": "runGroupId", "LatestOnly": "isLatest"},
    {"PipelineName": "pipelineName", "Status": "status", "RunStart": "runStart",
     "RunEnd": "runEnd"},
    "runStart",
)  # fmt: skip
ACTIVITY_RUNS = Fields(
    {"ActivityName": "activityName", "ActivityRunStart": "activityRunStart",
     "ActivityRunEnd": "activityRunEnd", "ActivityType": "activityType", "Status": "status"},
    {"ActivityName": "activityName", "ActivityRunStart": "activityRunStart",
     "ActivityRunEnd": "activityRunEnd", "Status": "status"},
    "activityRunStart",
)  # fmt: skip
TRIGGER_RUNS = Fields(
    {"TriggerName": "triggerName", "TriggerRunTimestamp": "triggerRunTimestamp",
     "Status": "status", "RunGroupId": "runGroupId", "LatestOnly": "isLatest"},
    {"TriggerName": "triggerName", "TriggerRunTimestamp": "triggerRunTimestamp",
     "Status": "status"},
    "triggerRunTimestamp",
)  # fmt: skip


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


def answer(rows: list[dict[str, Any]], body: Mapping[str, Any], fields: Fields) -> RestResponse:
    """One page of the rows that pass the filters, in the order asked for."""
    for each in body.get("filters") or []:
        rows = _filtered(rows, each, fields)
    orders = body.get("orderBy") or [{"orderBy": None, "order": "DESC"}]
    for each in reversed(orders):
        rows = _sorted(rows, each, fields)
    begin = _position(body.get("continuationToken"))
    page: dict[str, Any] = {"value": rows[begin : begin + PAGE]}
    if begin + PAGE < len(rows):
        token = base64.b64encode(str(begin + PAGE).encode()).decode()
        page["continuationToken"] = token
    return RestResponse(200, page)


def _filtered(
    rows: list[dict[str, Any]], wanted: Mapping[str, Any], fields: Fields
) -> list[dict[str, Any]]:
    operand, operator = wanted.get("operand"), wanted.get("operator")
    if operand not in fields.filters:
        raise bad_request(f"Invalid filter operand '{operand}'.")
    if operator not in _OPERATORS:
        raise bad_request(f"Invalid filter operator '{operator}'.")
    values = [str(each) for each in wanted.get("values") or []]
    member, passes = fields.filters[str(operand)], _OPERATORS[str(operator)]
    if operand == "LatestOnly":
        only = any(value.lower() == "true" for value in values)
        return [row for row in rows if row.get(member, True) or not only]
    return [row for row in rows if passes(row.get(member), values)]


def _sorted(
    rows: list[dict[str, Any]], wanted: Mapping[str, Any], fields: Fields
) -> list[dict[str, Any]]:
    name = wanted.get("orderBy")
    if name is not None and name not in fields.orders:
        raise bad_request(f"Invalid order '{name}'.")
    member = fields.usual if name is None else fields.orders[str(name)]
    down = str(wanted.get("order", "ASC")).upper() == "DESC"
    return sorted(rows, key=lambda row: str(row.get(member) or ""), reverse=down)


def _position(token: Any) -> int:
    try:
        return int(base64.b64decode(str(token))) if token else 0
    except ValueError as error:
        raise bad_request("The continuation token is not valid.") from error

"""FilterLogEvents: a group's lines in order of time, from those streams and with that text.

moto leaves out the prefix, keeps no order, and takes patterns that it does not know for ones
that everything matches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.backends import get_backend
from moto.logs.models import LogEvent, LogStream
from moto.logs.utils import EventMessageFilter, UnsupportedFilterPattern

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.services import Call

_MOST = 10_000
Found = tuple[LogEvent, LogStream]


def filter_log_events(call: Call) -> Mapping[str, Any]:
    streams, wanted = list(_streams(call)), _text(call)
    since, until = call.get("startTime", 0), call.get("endTime", float("inf"))
    found: list[Found] = [
        (event, stream)
        for stream in streams
        for event in stream.events
        if since <= event.timestamp <= until and wanted.matches(event.message)
    ]
    backwards = call.get("startFromHead") is False
    found.sort(key=_position, reverse=backwards)
    if token := call.get("nextToken"):
        after = _after(token)
        found = [
            each
            for each in found
            if (_position(each) < after if backwards else _position(each) > after)
        ]
    limit = int(call.get("limit", _MOST))
    answer: dict[str, Any] = {"events": [_shown(*each) for each in found[:limit]]}
    answer["searchedLogStreams"] = []
    if found[limit:]:
        answer["nextToken"] = "/".join(map(str, _position(found[limit - 1])))
    return answer


def _streams(call: Call) -> Iterator[LogStream]:
    name = call.get("logGroupName") or call.get("logGroupIdentifier", "")
    name = name.partition(":log-group:")[2].removesuffix(":*") or name
    backend = get_backend("logs")[call.place.account][call.place.region]
    if name not in backend.groups:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    names, prefix = call.get("logStreamNames"), call.get("logStreamNamePrefix", "")
    if names and prefix:
        raise AwsError(
            "InvalidParameterException",
            "LogStreamNamePrefix and logStreamNames cannot be used at the same time.",
        )
    for stream in list(backend.groups[name].streams.values()):
        if stream.log_stream_name.startswith(prefix) and (
            not names or stream.log_stream_name in names
        ):
            yield stream


def _text(call: Call) -> EventMessageFilter:
    pattern = call.get("filterPattern", "")
    wanted = EventMessageFilter(pattern)
    if pattern and isinstance(wanted.filter_type, UnsupportedFilterPattern):
        raise not_simulated(f"the filter pattern {pattern}")
    return wanted


def _position(found: Found) -> tuple[int, int]:
    event, _ = found
    return int(event.timestamp), int(event.event_id)


def _after(token: str) -> tuple[int, int]:
    try:
        time, _, number = token.partition("/")
        return int(time), int(number)
    except ValueError as error:
        raise AwsError(
            "InvalidParameterException", "The specified nextToken is invalid."
        ) from error


def _shown(event: LogEvent, stream: LogStream) -> dict[str, Any]:
    return {
        **event.to_filter_dict(),
        "logStreamName": stream.log_stream_name,
        "timestamp": int(event.timestamp),
    }

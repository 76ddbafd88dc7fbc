"""Cloud Logging's API: entries are listed and written, logs listed and deleted.
https://cloud.google.com/logging/docs/reference/v2/rest"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from provisioning.sandbox.google.calls import Call, Guarded, Operations, part
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.filter_tokens import BadFilter
from provisioning.sandbox.google.filters import Filter, parse_filter
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.logs.records import Entry
from provisioning.sandbox.google.logs.store import KEPT_SECONDS, Logs
from provisioning.sandbox.google.times import parsed
from provisioning.sandbox.world import World

_PAGE, _LARGEST_PAGE = 50, 1000
_AHEAD_SECONDS = 86_400.0


class LoggingApi:
    def __init__(self, world: World, identity: Identity, logs: Logs) -> None:
        self._clock = world.clock
        self._identity = identity
        self._logs = logs

    def operations(self) -> Operations:
        return {
            "entries.list": Guarded(self._list),
            "entries.write": Guarded(self._write),
            "projects.logs.list": self._list_logs,
            "projects.logs.delete": self._delete_log,
        }

    def _list(self, call: Call) -> dict[str, Any]:
        projects = self._projects(call)
        wanted = _filter(call.body.get("filter", ""))
        newest_first = _newest_first(call.body.get("orderBy", ""))
        size = call.body.get("pageSize") or _PAGE
        if not 0 < size <= _LARGEST_PAGE:
            raise refusal("INVALID_ARGUMENT", "page_size must be between 1 and 1000.")
        found = [
            entry
            for project in projects
            for entry in self._logs.entries(project, since=wanted.since, until=wanted.until)
        ]
        found.sort(key=lambda entry: entry.place, reverse=newest_first)
        after = _read(call.body.get("pageToken", ""))
        rows = (one for one in found if after is None or _behind(one, after, newest_first))
        return _page((one for one in rows if wanted.match(one.entry)), size)

    def _write(self, call: Call) -> dict[str, Any]:
        common = {name: call.body[name] for name in ("logName", "resource") if name in call.body}
        labels = call.body.get("labels", {})
        for given in call.body.get("entries", []):
            entry = {**common, **given}
            if labels or given.get("labels"):
                entry["labels"] = {**labels, **given.get("labels", {})}
            self._write_one(call, entry)
        return {}

    def _write_one(self, call: Call, entry: dict[str, Any]) -> None:
        project = part(str(entry.get("logName", "")), "projects")
        if not project or "resource" not in entry:
            raise refusal("INVALID_ARGUMENT", "An entry needs a log_name and a resource.")
        self._require(call, "logging.logEntries.create", project)
        now = self._clock.now()
        given = entry.get("timestamp")
        time = parsed(given, field="timestamp") if given else now
        if not now - KEPT_SECONDS <= time <= now + _AHEAD_SECONDS:
            message = "Log entry has a timestamp that is too far in the past or in the future."
            raise refusal("INVALID_ARGUMENT", message)
        if not call.body.get("dryRun"):
            self._logs.add(project, entry, time=time)

    def _list_logs(self, call: Call) -> dict[str, Any]:
        names = self._logs.names(call.project)
        found = page(call, names, "logNames", lambda name: {"name": name})
        return {**found, "logNames": [one["name"] for one in found.get("logNames", [])]}

    def _delete_log(self, call: Call) -> dict[str, Any]:
        if not self._logs.delete(call.project, call["logName"]):
            raise refusal("NOT_FOUND", f"Log {call['logName']} does not exist.")
        return {}

    def _projects(self, call: Call) -> list[str]:
        names = call.body.get("resourceNames", [])
        if not names:
            raise refusal("INVALID_ARGUMENT", "resource_names must not be empty.")
        projects = []
        for name in dict.fromkeys(names):
            given = part(name, "projects")
            if not given:
                message = f"The sandbox lists the logs of projects, not of '{name}'."
                raise refusal("INVALID_ARGUMENT", message)
            found = self._identity.projects.get(given)
            projects.append(found.id if found else given)
            self._require(call, "logging.logEntries.list", projects[-1])
        return projects

    def _require(self, call: Call, permission: str, project: str) -> None:
        self._identity.access.require(
            call.caller, permission, f"projects/{project}", service="logging"
        )


def _filter(text: str) -> Filter:
    try:
        return parse_filter(text)
    except BadFilter as error:
        raise refusal("INVALID_ARGUMENT", f"Unparseable filter: {error}") from error


def _newest_first(order: str) -> bool:
    words = order.split() or ["timestamp"]
    if words[0] != "timestamp" or words[1:] not in ([], ["asc"], ["desc"]):
        message = 'order_by must be "timestamp", "timestamp asc" or "timestamp desc".'
        raise refusal("INVALID_ARGUMENT", message)
    return words[1:] == ["desc"]


# A token names the last entry that was shown: what is written meanwhile moves no page.


def _page(rows: Iterable[Entry], size: int) -> dict[str, Any]:
    shown: list[Entry] = []
    for row in rows:
        if len(shown) == size:
            return {"entries": [one.entry for one in shown], "nextPageToken": _token(shown[-1])}
        shown.append(row)
    return {"entries": [one.entry for one in shown]} if shown else {}


def _token(entry: Entry) -> str:
    return base64.urlsafe_b64encode(f"{entry.time!r} {entry.number}".encode()).decode()


def _read(token: str) -> tuple[float, int] | None:
    if not token:
        return None
    try:
        time, number = base64.urlsafe_b64decode(token).decode().split()
        return float(time), int(number)
    except ValueError as error:
        raise refusal("INVALID_ARGUMENT", "page_token is not valid.") from error


def _behind(entry: Entry, place: tuple[float, int], newest_first: bool) -> bool:
    return entry.place < place if newest_first else entry.place > place

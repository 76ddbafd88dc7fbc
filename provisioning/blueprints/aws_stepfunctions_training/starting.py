"""What an execution is given as its input, and by it the trigger that gave it.

Step Functions does not keep who started an execution. So every start puts a mark beside the
parameters: {"InputData": "…", "skyclock": {"trigger": "t1", "time": "2027-03-01T06:00:00Z"}}.
Programs use this too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..aws_common.starts import KEY, given
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import EventSpec, ObjectCreatedSpec

MARK = "skyclock"
MANUAL = "manual"
SCHEDULED = "<aws.scheduler.scheduled-time>"


def defaults(settings: Settings) -> dict[str, str]:
    return {each.name: each.default for each in settings.parameters if each.default is not None}


def by_hand(parameters: Mapping[str, Any], **more: str) -> str:
    return json.dumps({**parameters, MARK: {"trigger": MANUAL, **more}})


def again(text: str, name: str) -> str:
    """The same input for another run, which no trigger starts. `name` is the former run's."""
    found = json.loads(text)
    if not isinstance(found, dict):
        return text
    return by_hand({key: value for key, value in found.items() if key != MARK}, again=name)


def by_schedule(key: str, settings: Settings) -> str:
    """Input of a schedule's target; Scheduler replaces the time."""
    values = {name: _literal(value) for name, value in defaults(settings).items()}
    return _object({**values, MARK: _object({"trigger": _literal(key), "time": f'"{SCHEDULED}"'})})


@dataclass(frozen=True)
class Transformed:
    """Input of a rule's target, as EventBridge makes it of the event."""

    paths: dict[str, str]  # name → where the value stands in the event
    template: str


def by_event(trigger: ObjectCreatedSpec | EventSpec, settings: Settings) -> Transformed:
    paths = {"id": "$.id", "type": "$.detail-type", "time": "$.time"}
    values = {name: _literal(value) for name, value in defaults(settings).items()}
    mark = {"trigger": _literal(trigger.key), "time": "<time>", "event": "<id>", "type": "<type>"}
    if trigger.kind.value == "object_created":
        paths["object"] = KEY
        mark["object"] = "<object>"
    for position, (name, path) in enumerate(given(trigger, settings.starts)):
        paths[f"p{position}"] = path
        values[name] = f"<p{position}>"
    return Transformed(paths, _object({**values, MARK: _object(mark)}))


def _object(members: Mapping[str, str]) -> str:
    """JSON of members that are JSON already, or places that are filled with some."""
    inside = ", ".join(f"{json.dumps(name)}: {value}" for name, value in members.items())
    return f"{{{inside}}}"


def _literal(value: str) -> str:
    """What looks like a place to fill is none: JSON can write it otherwise."""
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e")


# ── Reading back ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Given:
    """An execution's input, read."""

    parameters: dict[str, str]
    mark: Mapping[str, str]

    @property
    def trigger(self) -> str:
        return self.mark.get("trigger", MANUAL)

    @property
    def fired(self) -> datetime | None:
        """When the trigger was to fire, or its event happened."""
        try:
            found = datetime.fromisoformat(self.mark.get("time", ""))
        except ValueError:
            return None
        return found if found.tzinfo else None

    @property
    def cause(self) -> str:
        """What set the trigger off: an object's key, or an event and the start of its id."""
        if "object" in self.mark:
            return self.mark["object"]
        return f"{self.mark.get('type', '')} {self.mark.get('event', '')[:8]}".strip()


def read(text: str) -> Given:
    try:
        found = json.loads(text)
    except ValueError:
        found = {}
    if not isinstance(found, dict):
        return Given({}, {})
    mark = found.pop(MARK, None)
    members = mark if isinstance(mark, dict) else {}
    return Given(
        {name: _text(value) for name, value in found.items()},
        {name: value for name, value in members.items() if isinstance(value, str)},
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)

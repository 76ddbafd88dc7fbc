"""Taking what Azure has into the definition: what a native trigger waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.contracts import Acceptance, Difference, StackSpec, TriggerSpec
from provisioning.errors import InvalidInput
from provisioning.schedules.backwards import from_recurrence
from provisioning.schedules.recurrence import parse_recurrence

from ..common import accepting
from ..common.accepting import Prepare, trigger_of
from . import names
from .drift import RECURRENCE, STATE, TRIGGER
from .flattening import flat
from .trigger_documents import blob_begin
from .triggers import wanted

STOPPED = "Stopped"
SEVERAL = (
    "Azure needs several triggers for this one, and one of them cannot be taken over by itself."
)
# Of a native trigger's own properties, the field that says it.
FIELDS = {
    "properties.blobPathEndsWith": "suffix",
    "properties.events": "types",
    "properties.maxConcurrency": "max_concurrency",
    "properties.retryPolicy.count": "retry_count",
    "properties.retryPolicy.intervalInSeconds": "retry_interval_seconds",
}


def accept(spec: StackSpec, difference: Difference, prepare: Prepare) -> Acceptance | str:
    trigger = trigger_of(spec, difference.name) if difference.kind == TRIGGER else None
    if trigger is None:
        return accepting.NO_SETTING
    if difference.path == STATE:
        return Acceptance(trigger=trigger.key, paused=difference.found == STOPPED)
    fields = _fields(difference, spec.slug)
    if fields is None:
        return accepting.NO_SETTING
    if len(spec.natives.get(trigger.key, ())) > 1:
        return SEVERAL

    def same(prepared: StackSpec, changed: TriggerSpec) -> bool:
        document = wanted(prepared, changed)[names.trigger(spec.slug, changed.key)]
        return _says(flat(document), difference)

    return accepting.as_field(spec, trigger, fields, prepare=prepare, same=same)


def intended(spec: StackSpec, difference: Difference) -> bool:
    """Whether it runs as people want it to, whatever it did when it was deployed."""
    if difference.kind != TRIGGER or difference.path != STATE:
        return False
    trigger = trigger_of(spec, difference.name)
    return trigger is not None and trigger.paused == (difference.found == STOPPED)


def _fields(difference: Difference, slug: str) -> dict[str, Any] | None:
    path, found = difference.path, difference.found
    if path == RECURRENCE:
        said = from_recurrence(found) if found else None
        return {"cron": said[0], "timezone": said[1], "accepted": ""} if said else None
    if path == "properties.blobPathBeginsWith":
        begin = blob_begin("")
        return {"prefix": found[len(begin) :]} if str(found).startswith(begin) else None
    if path in FIELDS and found is not None:
        return {FIELDS[path]: found}
    return None


def _says(properties: Mapping[str, Any], difference: Difference) -> bool:
    here: Any = properties
    for name in difference.path.split(".")[1:]:
        here = here.get(name) if isinstance(here, Mapping) else None
    if difference.path != RECURRENCE:
        return bool(here == difference.found)
    try:
        return parse_recurrence(here) == parse_recurrence(difference.found)
    except InvalidInput:
        return False

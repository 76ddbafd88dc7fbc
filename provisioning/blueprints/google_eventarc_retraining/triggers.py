"""Triggers of retraining: checked, read back, paused and resumed.

Several triggers share an Eventarc trigger; which of them waits for an event, the service's
configuration says. So a trigger's proof has both: events are carried to the service, and the
service knows the trigger.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import (
    EventSpec,
    ObjectCreatedSpec,
    StackSpec,
    TriggerProof,
    TriggerState,
)
from provisioning.errors import InvalidInput, NotPossible

from ..common.triggers import trigger_with
from ..google_common import eventarc
from ..google_common.blueprint import event_problems
from ..google_common.calls import found
from ..google_common.names import Place, trigger_id
from ..google_common.operations import wait
from . import names
from .building import CONFIG, config, written
from .settings import Settings

READY = "CONDITION_SUCCEEDED"


def prepare(spec: StackSpec) -> StackSpec:
    if problems := list(event_problems(spec.triggers)):
        raise InvalidInput(problems)
    return spec


# ── Reading back ────────────────────────────────────────────────────────────────────


def states(session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
    service = read_service(session, spec)
    place = Place(spec.region, spec.account)
    wanted = ((names.OBJECTS, spec.objects), (names.MESSAGES, spec.events))
    carriers = {
        what: eventarc.read(session, place, spec.slug, what)
        for what, triggers in wanted
        if triggers
    }
    return tuple(
        _proof(spec, each, carriers[_carrier_of(each)], service)
        for each in spec.triggers
        if isinstance(each, ObjectCreatedSpec | EventSpec)
    )


def _proof(
    spec: StackSpec,
    trigger: ObjectCreatedSpec | EventSpec,
    carrier: dict[str, Any] | None,
    service: dict[str, Any] | None,
) -> TriggerProof:
    state, message = _state(spec, trigger, carrier, service)
    return TriggerProof(
        key=trigger.key,
        state=state,
        native=(f"{eventarc.native(carrier)} {_filter(trigger)}".strip(),) if carrier else (),
        verified_at=datetime.now(UTC),  # when we looked, on our own clock
        message=message,
    )


def _state(
    spec: StackSpec,
    trigger: ObjectCreatedSpec | EventSpec,
    carrier: dict[str, Any] | None,
    service: dict[str, Any] | None,
) -> tuple[TriggerState, str]:
    what = _carrier_of(trigger)
    if carrier is None:
        return (
            TriggerState.MISSING,
            f"Google has no Eventarc trigger {trigger_id(spec.slug, what)}.",
        )
    if service is None:
        return TriggerState.MISSING, f"Google has no Cloud Run service {names.service(spec.slug)}."
    for problem in eventarc.problems(carrier, _wanted(spec, trigger), spec.slug, what):
        return TriggerState.UNKNOWN, problem
    condition = service.get("terminalCondition", {})
    if condition.get("state") != READY:
        said = condition.get("message") or condition.get("state")
        return TriggerState.UNKNOWN, f"The retraining service is not ready: {said}"
    known = next((each for each in _told(service) if each.get("key") == trigger.key), None)
    if known is None:
        return TriggerState.MISSING, "The retraining service does not know this trigger."
    if known.get("paused"):
        return TriggerState.PAUSED, ""
    if known != _entry(spec, trigger.key):
        message = "The service waits for something else than this version. Deploy it, or refresh."
        return TriggerState.ACTIVE, message
    return TriggerState.ACTIVE, ""


def _wanted(spec: StackSpec, trigger: ObjectCreatedSpec | EventSpec) -> eventarc.Wanted:
    run = {"service": names.service(spec.slug), "region": spec.region, "path": "/"}
    return eventarc.wanted(spec, trigger, {"cloudRun": run})


def _carrier_of(trigger: ObjectCreatedSpec | EventSpec) -> str:
    return names.OBJECTS if isinstance(trigger, ObjectCreatedSpec) else names.MESSAGES


def _filter(trigger: ObjectCreatedSpec | EventSpec) -> str:
    if isinstance(trigger, ObjectCreatedSpec):
        return f"{trigger.prefix}*{trigger.suffix}"
    return f"{trigger.source}: {', '.join(trigger.types)}"


def read_service(session: Session, spec: StackSpec) -> dict[str, Any] | None:
    name = names.service_name(spec.slug, Place(spec.region, spec.account))
    services = session.client("run").projects().locations().services()
    return found(services.get(name=name), "read the service")


def _told(service: dict[str, Any]) -> list[dict[str, Any]]:
    """The triggers that the service was configured with."""
    return list(_config(service).get("triggers", ()))


def _config(service: dict[str, Any]) -> dict[str, Any]:
    for container in service.get("template", {}).get("containers", ()):
        for each in container.get("env", ()):
            if each.get("name") == CONFIG:
                told: dict[str, Any] = json.loads(each.get("value", "{}"))
                return told
    return {}


def _entry(spec: StackSpec, key: str) -> dict[str, Any] | None:
    """As this version has it, and not paused."""
    triggers = config(spec, Settings.model_validate(spec.settings))["triggers"]
    entry = next((each for each in triggers if each["key"] == key), None)
    return {**entry, "paused": False} if entry else None


# ── Pausing ─────────────────────────────────────────────────────────────────────────


def switch(session: Session, spec: StackSpec, key: str, *, paused: bool) -> None:
    """A new revision of the service, with a configuration that says so."""
    trigger_with(spec, key)
    service = read_service(session, spec)
    if service is None:
        raise NotPossible("Google has no retraining service. Deploy the pipeline first.")
    said = _config(service)
    entry = next((each for each in said.get("triggers", ()) if each["key"] == key), None)
    if entry is None:
        raise NotPossible("The retraining service does not know this trigger. Deploy the pipeline.")
    if entry.get("paused", False) == paused:
        return
    entry["paused"] = paused
    template = service["template"]
    for container in template["containers"]:
        for each in container.get("env", ()):
            if each["name"] == CONFIG:
                each["value"] = written(said)
    template.pop("revision", None)  # Google names the new one
    services = session.client("run").projects().locations().services()
    call = services.patch(
        name=service["name"],
        updateMask="template",
        body={"name": service["name"], "template": template, "etag": service.get("etag", "")},
    )
    wait(session, "run", call, "pause the trigger" if paused else "resume the trigger")

"""The inputs of each kind of trigger but the schedule, which has a builder of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from provisioning.contracts import TriggerKind
from provisioning.errors import Problem

Input = Literal["text", "lines", "json", "number", "choice", "moment", "pipeline"]


@dataclass(frozen=True)
class TriggerField:
    name: str
    label: str
    input: Input = "text"
    hint: str = ""
    example: str = ""
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class KindForm:
    add: str  # on the button that adds one
    lead: str  # what it does, and what it does not
    fields: tuple[TriggerField, ...] = ()


KINDS: dict[TriggerKind, KindForm] = {
    TriggerKind.SCHEDULE: KindForm(add="Add a schedule", lead=""),
    TriggerKind.TUMBLING_WINDOW: KindForm(
        add="Add a tumbling window",
        lead="One run for each window of time, without a gap and without an overlap. Windows "
        "that lie in the past are run as well, oldest first.",
        fields=(
            TriggerField(
                "frequency",
                "Unit",
                "choice",
                choices=(("hour", "hours"), ("minute", "minutes"), ("month", "months")),
            ),
            TriggerField("interval", "Length of a window", "number", example="6", unit="units"),
            TriggerField("start", "First window begins", "moment", hint="In UTC."),
            TriggerField("end", "Last window ends", "moment", hint="In UTC.", optional=True),
            TriggerField(
                "delay_seconds",
                "Wait after a window's end",
                "number",
                unit="seconds",
                hint="For data that arrives late.",
                optional=True,
            ),
            TriggerField(
                "max_concurrency", "Windows at once", "number", hint="1 to 50.", optional=True
            ),
            TriggerField(
                "retry_count", "Retries", "number", hint="Of a window that failed.", optional=True
            ),
            TriggerField(
                "retry_interval_seconds",
                "Between retries",
                "number",
                unit="seconds",
                hint="At least 30.",
                optional=True,
            ),
            TriggerField(
                "grace_minutes",
                "Missed after",
                "number",
                unit="minutes",
                hint="A window without a run is missed then. 15 where nothing is said.",
                optional=True,
            ),
        ),
    ),
    TriggerKind.OBJECT_CREATED: KindForm(
        add="Add an object trigger",
        lead="A run for each object that lands in the pipeline's own bucket or container. Case "
        "counts in both; an empty one fits every object.",
        fields=(
            TriggerField(
                "prefix", "Key begins with", hint="Folders and all.", example="data/", optional=True
            ),
            TriggerField("suffix", "Key ends in", example=".csv", optional=True),
        ),
    ),
    TriggerKind.EVENT: KindForm(
        add="Add an event trigger",
        lead="A run for each event that fits, on the bus or topic that the pipeline looks at.",
        fields=(
            TriggerField("source", "Source", example="my.application"),
            TriggerField("types", "Types", "lines", hint="One a line; any of them starts a run."),
            TriggerField(
                "detail",
                "Detail pattern",
                "json",
                hint="JSON in the cloud's own pattern language; empty fits every detail.",
                example='{"table": ["orders"]}',
                optional=True,
            ),
        ),
    ),
    TriggerKind.COMPLETION: KindForm(
        add="Start after another pipeline",
        lead="A run when a run of another pipeline ends, also one on another cloud. Skyclock "
        "fires this one itself, once for each end that it sees.",
        fields=(
            TriggerField("pipeline", "Pipeline", "pipeline"),
            TriggerField(
                "on",
                "When its run",
                "choice",
                choices=(("succeeded", "succeeds"), ("failed", "fails")),
            ),
            TriggerField(
                "parameters",
                "Parameters",
                "json",
                hint="JSON, of the run that is started. Those without a default have to be here.",
                example='{"InputData": "s3://my-bucket/other/"}',
                optional=True,
            ),
        ),
    ),
    TriggerKind.WEBHOOK: KindForm(
        add="Add a webhook",
        lead="A run for each signed call of an address. The address and its secret are on the "
        "pipeline's Triggers page once this is saved.",
    ),
}
FIRST: dict[TriggerKind, dict[str, str]] = {
    TriggerKind.TUMBLING_WINDOW: {"frequency": "hour", "interval": "1"},
    TriggerKind.OBJECT_CREATED: {"prefix": "data/", "suffix": ".csv"},
    TriggerKind.COMPLETION: {"on": "succeeded"},
}


def to_value(kind: TriggerKind, typed: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """The trigger as services take it; what cannot be read is left out and told."""
    value: dict[str, Any] = {"kind": kind.value}
    if typed.get("key"):
        value["key"] = typed["key"]
    problems = []
    for field in KINDS[kind].fields:
        text = typed.get(field.name, "").strip()
        if not text and field.input != "text":
            continue
        try:
            value[field.name] = _read(field, text)
        except ValueError as error:
            problems.append(Problem(field=field.name, message=str(error)))
    return value, problems


def _read(field: TriggerField, text: str) -> Any:
    match field.input:
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "json":
            return _object(field, text)
        case "number" | "pipeline":
            if not text.isdecimal():
                raise ValueError("A whole number goes here.")
            return int(text)
        case "moment":
            return _moment(text)
    return text


def _object(field: TriggerField, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"This is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise ValueError(f"A JSON object goes here, such as {field.example}.")
    return found


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = "This is not a date and time: write it as 2026-11-23 06:00."
        raise ValueError(message) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def to_typed(kind: TriggerKind, trigger: Mapping[str, Any]) -> dict[str, str]:
    """A saved trigger as its inputs show it."""
    typed = {"kind": kind.value, "key": str(trigger.get("key") or "")}
    for field in KINDS[kind].fields:
        typed[field.name] = _written(field, trigger.get(field.name))
    return typed


def _written(field: TriggerField, value: Any) -> str:
    if value in (None, "", {}):
        return ""
    match field.input:
        case "lines":
            return "\n".join(map(str, value))
        case "json":
            return json.dumps(value, indent=2, ensure_ascii=False)
        case "moment":
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
            written: str = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="minutes")
            return written
    return str(value)

"""The workflow that an event starts, and that starts the pipeline: Eventarc cannot do it itself.

One for each trigger. Its source is JSON in Google's Workflows syntax:
https://cloud.google.com/workflows/docs/reference/syntax
An event that is delivered twice within a day starts one execution, and Eventarc does not try
again once it has begun. So the call has its own retries, of refusals only: a call that may
have been heard is not made again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..google_common.names import Place
from . import names

if TYPE_CHECKING:
    from provisioning.contracts import EventSpec, ObjectCreatedSpec

ADDRESS = "https://datapipelines.googleapis.com/v1"
PAUSED = "PAUSED"  # a variable of the workflow: "true" or "false"
RETRY = {
    "predicate": "${http.default_retry_predicate_non_idempotent}",
    "max_retries": 5,
    "backoff": {"initial_delay": 2, "max_delay": 60, "multiplier": 2},
}


@dataclass(frozen=True)
class Filter:
    """What of an event is looked at, which ones are wanted, and what people call one."""

    assign: list[dict[str, Any]]
    wanted: str
    cause: str


def on_object(trigger: ObjectCreatedSpec, slug: str, place: Place) -> str:
    return _source(
        Filter(
            assign=[
                {"object": "${event.data.name}"},
                {"prefix": f"^{re.escape(trigger.prefix)}"},
                {"suffix": f"{re.escape(trigger.suffix)}$"},
            ],
            wanted="text.match_regex(object, prefix) and text.match_regex(object, suffix)",
            cause="${object}",
        ),
        names.pipeline(slug, place),
    )


def on_message(trigger: EventSpec, slug: str, place: Place) -> str:
    """A message without attributes has no source and no type."""
    attributes = '["data", "message", "attributes", "{}"]'
    return _source(
        Filter(
            assign=[
                {"its_source": f"${{map.get(event, {attributes.format('source')})}}"},
                {"its_type": f"${{map.get(event, {attributes.format('type')})}}"},
                {"source": trigger.source},
                {"types": list(trigger.types)},
            ],
            wanted="its_source == source and its_type in types",
            cause='${its_type + " " + event.id}',
        ),
        names.pipeline(slug, place),
    )


def _source(wanted: Filter, pipeline: str) -> str:
    steps = [
        {"look": {"assign": wanted.assign}},
        {"consider": _switch(f'${{sys.get_env("{PAUSED}") == "true"}}', "paused", "match")},
        {"match": _switch(f"${{not ({wanted.wanted})}}", "ignored", "start")},
        {"start": _run(f"{ADDRESS}/{pipeline}:run")},
        {"started": _return("started", cause=wanted.cause, job="${answer.body.job}")},
        {"paused": _return("paused")},
        {"ignored": _return("ignored")},
    ]
    return json.dumps({"main": {"params": ["event"], "steps": steps}}, indent=1)


def _switch(condition: str, then: str, otherwise: str) -> dict[str, Any]:
    return {"switch": [{"condition": condition, "next": then}], "next": otherwise}


def _run(url: str) -> dict[str, Any]:
    call = {"url": url, "auth": {"type": "OAuth2"}, "body": {}}
    return {"try": {"call": "http.post", "args": call, "result": "answer"}, "retry": RETRY}


def _return(outcome: str, **more: str) -> dict[str, Any]:
    return {"return": {"outcome": outcome, **more}}

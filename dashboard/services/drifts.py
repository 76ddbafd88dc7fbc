"""Drift: the rows of what a check or a refresh found, and how each ended.

A check compares the cloud with the engine's state. A refresh takes what it finds into the state,
so that later checks are blind for it: its row stays open (`in_state`) until a deployment puts the
definition back, or the cloud itself goes back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dashboard import audit
from dashboard.models import Deployment, Drift, DriftWatch, Pipeline, User, Version
from dashboard.services import drift_checks, pipelines, triggers
from provisioning import contracts
from provisioning.contracts import Acceptance, OutcomeEvent
from provisioning.errors import InvalidInput, NotPossible

Operation = Deployment.Operation
How = Drift.How
LONGEST_VALUE = 20_000  # characters of JSON; what is longer is told by its sentence only
LONGEST_NOTE = 200


def open_of(pipeline: Pipeline) -> QuerySet[Drift]:
    return pipeline.drifts.filter(resolved_at=None)


# ── What operations found and did ───────────────────────────────────────────────────


def follow_up(deployment: Deployment, outcome: OutcomeEvent) -> None:
    """After a success; within the transaction of its outcome."""
    now = timezone.now()
    pipeline = deployment.pipeline
    if deployment.operation in (Operation.CHECK, Operation.REFRESH):
        record(deployment, outcome.drifts, now=now)
        drift_checks.watch_of(pipeline)
        DriftWatch.objects.filter(pipeline=pipeline).update(checked_at=now)
    elif deployment.operation == Operation.UP:
        put_back = open_of(pipeline).filter(in_state=True)
        end(put_back, How.RESTORED, by=deployment.requested_by, version=deployment.version)
        if open_of(pipeline).exists() or _was_open(pipeline, deployment):
            drift_checks.soon(pipeline)
    elif deployment.operation == Operation.DESTROY:
        end(open_of(pipeline), How.DESTROYED, by=deployment.requested_by)


def record(deployment: Deployment, found: Sequence[contracts.Drift], *, now: datetime) -> None:
    """Make the rows say what was found."""
    pipeline = deployment.pipeline
    into_state = deployment.operation == Operation.REFRESH
    present = {(row.urn, row.path): row for row in open_of(pipeline).select_for_update()}
    accepted = _accepted(pipeline)
    for drift in found:
        key = (drift.urn[:500], drift.path[:300])
        if key in accepted and accepted[key] == drift.new:
            continue  # the definition says so already; the state follows with its deployment
        row = present.pop(key, None)
        if row and row.in_state and drift.new == row.old:
            _vanished([row], now)
            continue
        values = _values(drift) | {"last_seen": now, "found_by": deployment}
        values["in_state"] = (into_state and not drift.trigger) or bool(row and row.in_state)
        if row is None:
            Drift.objects.create(pipeline=pipeline, first_seen=now, **_keys(key), **values)
        else:
            kept = {"old"} if row.in_state else set()
            Drift.objects.filter(pk=row.pk).update(
                **{name: value for name, value in values.items() if name not in kept}
            )
    _vanished([row for row in present.values() if not row.in_state], now)
    hidden = [row.pk for row in present.values() if row.in_state]
    Drift.objects.filter(pk__in=hidden).update(last_seen=now)


def end(
    rows: QuerySet[Drift], how: Drift.How, *, by: User | None = None, version: Version | None = None
) -> None:
    rows.update(resolved_at=timezone.now(), how=how, resolved_by=by, version=version)


def _vanished(rows: Iterable[Drift], now: datetime) -> None:
    ids = [row.pk for row in rows]
    Drift.objects.filter(pk__in=ids).update(resolved_at=now, how=How.VANISHED)


def _was_open(pipeline: Pipeline, deployment: Deployment) -> bool:
    since = deployment.started_at or deployment.requested_at
    return bool(pipeline.drifts.filter(resolved_at__gte=since).exists())


def _accepted(pipeline: Pipeline) -> dict[tuple[str, str], Any]:
    """What a Version says that was saved since the last deployment."""
    deployed = pipeline.deployed_version.number if pipeline.deployed_version else 0
    rows = pipeline.drifts.filter(how=How.ACCEPTED, version__number__gt=deployed)
    return {(row.urn, row.path): row.new for row in rows.order_by("resolved_at")}


def _keys(key: tuple[str, str]) -> dict[str, str]:
    return {"urn": key[0], "path": key[1]}


def _values(drift: contracts.Drift) -> dict[str, Any]:
    acceptance = drift.acceptance.model_dump(mode="json") if drift.acceptance else None
    return {
        "sentence": drift.sentence,
        "cosmetic": drift.cosmetic,
        "gone": drift.gone,
        "trigger": drift.trigger,
        "old": _short(drift.old),
        "new": _short(drift.new),
        "acceptance": acceptance,
        "refusal": drift.refusal,
    }


def _short(value: Any) -> Any:
    return value if len(json.dumps(value, default=str)) <= LONGEST_VALUE else None


# ── Accepting ───────────────────────────────────────────────────────────────────────


def accept(*, actor: User, pipeline: Pipeline, ids: Sequence[int] | None = None) -> list[Drift]:
    """Say in the definition what the cloud has: all that can be said, or these. Pauses are asked
    of the cloud, where they are so already; the rest is one new Version."""
    rows = _chosen(pipeline, ids)
    _accept_pauses(actor, pipeline, rows)
    with transaction.atomic():
        saved = _save(actor, pipeline, [row for row in rows if not _is_pause(row)])
        for row in rows:
            version = None if _is_pause(row) else saved
            end(Drift.objects.filter(pk=row.pk), How.ACCEPTED, by=actor, version=version)
        detail = {"sentences": [row.sentence for row in rows]}
        audit.record(actor=actor, action="drift.accept", subject=pipeline, detail=detail)
    for row in rows:
        row.refresh_from_db()
    return rows


def _chosen(pipeline: Pipeline, ids: Sequence[int] | None) -> list[Drift]:
    rows = open_of(pipeline).filter(cosmetic=False)
    if ids is None:
        found = [row for row in rows if row.acceptable]
        if not found:
            raise NotPossible("Nothing of what differs can be said in the definition.")
        return found
    found = list(rows.filter(pk__in=ids))
    if missing := set(ids) - {row.pk for row in found}:
        known = ", ".join(map(str, sorted(missing)))
        raise InvalidInput.at("drifts", f"No drift of this pipeline is open as {known}.", "unknown")
    if not found:
        raise InvalidInput.at("drifts", "Choose what to accept.", "required")
    for row in found:
        if not row.acceptable:
            raise NotPossible(f"{row.sentence} {row.refusal}".strip())
    return found


def _way(row: Drift) -> Acceptance:
    return Acceptance.model_validate(row.acceptance)


def _is_pause(row: Drift) -> bool:
    return _way(row).paused is not None


def _accept_pauses(actor: User, pipeline: Pipeline, rows: Iterable[Drift]) -> None:
    for row in filter(_is_pause, rows):
        key = _way(row).trigger
        trigger = pipeline.triggers.filter(key=key, removed_at=None).first()
        if trigger is None:
            raise NotPossible(f"The definition has no trigger {key} any more.")
        change = triggers.pause if _way(row).paused else triggers.resume
        change(actor=actor, trigger=trigger)


def _save(actor: User, pipeline: Pipeline, rows: Sequence[Drift]) -> Version | None:
    if not rows:
        return None
    present = pipeline.current_version
    assert present is not None  # made together with the row
    definition, specs = deepcopy(present.settings), deepcopy(present.triggers)
    for row in rows:
        way = _way(row)
        for path, value in way.settings.items():
            _put(definition, path, value)
        if way.trigger:
            _trigger(specs, way.trigger).update(way.fields)
    note = "Accepted from the cloud: " + " ".join(row.sentence for row in rows)
    return pipelines.update(
        actor=actor,
        pipeline=pipeline,
        settings=definition,
        triggers=specs,
        note=note if len(note) <= LONGEST_NOTE else f"{note[: LONGEST_NOTE - 2]} …",
    )


def _trigger(specs: Sequence[dict[str, Any]], key: str) -> dict[str, Any]:
    found = next((each for each in specs if each["key"] == key), None)
    if found is None:
        raise NotPossible(f"The definition has no trigger {key} any more.")
    return found


def _put(definition: dict[str, Any], path: str, value: Any) -> None:
    """At "environment.max_workers"; the last part may have dots itself, as parameters may."""
    *parents, name = path.split(".", 1) if path.startswith("parameters.") else path.split(".")
    here = definition
    for parent in parents:
        inside = here.get(parent)
        if not isinstance(inside, Mapping):
            raise NotPossible(f"The definition has no {path} any more.")
        here = here[parent]
    here[name] = value

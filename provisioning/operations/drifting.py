"""What a refresh or a check found, as people are told it.

The engine compares the cloud with its own state. Whether a trigger runs is not left to it: some
are started by a call that the state knows nothing of, and people pause and resume them between
deployments. So that is told by what reading the triggers back showed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from provisioning.blueprints.base import Blueprint
from provisioning.blueprints.common import accepting
from provisioning.blueprints.common.drift import gathered
from provisioning.contracts import (
    Acceptance,
    Difference,
    Drift,
    StackSpec,
    TriggerProof,
    TriggerState,
)

RUNS = {TriggerState.ACTIVE: True, TriggerState.PAUSED: False}


def explained(
    blueprint: Blueprint,
    spec: StackSpec,
    differences: Iterable[Difference],
    *,
    proofs: Iterable[TriggerProof],
    now: datetime,
) -> tuple[Drift, ...]:
    """Each once, those that matter first."""
    proved = {proof.key: RUNS[proof.state] for proof in proofs if proof.state in RUNS}
    found = [
        _told(blueprint, spec, each, now)
        for each in gathered(differences, blueprint.wholes)
        if not blueprint.intended(spec, each)
    ]
    # What can be read back is known better than by the state.
    found = [each for each in found if not each.trigger or each.trigger not in proved]
    found += _switched(spec, proved)
    return tuple(sorted(_once(found), key=lambda each: each.cosmetic))


def _told(blueprint: Blueprint, spec: StackSpec, difference: Difference, now: datetime) -> Drift:
    drift = blueprint.explain(difference)
    gone = not difference.path
    way = accepting.GONE if gone else blueprint.accept(spec, difference, now)
    acceptance = way if isinstance(way, Acceptance) else None
    switched = acceptance and acceptance.paused is not None
    return drift.model_copy(
        update={
            "urn": difference.urn,
            "path": difference.path,
            "gone": gone,
            "trigger": acceptance.trigger if acceptance and switched else "",
            "old": difference.expected,
            "new": difference.found,
            "acceptance": acceptance,
            "refusal": way if isinstance(way, str) else "",
        }
    )


def _switched(spec: StackSpec, proved: Mapping[str, bool]) -> Iterator[Drift]:
    for trigger in spec.triggers:
        runs = proved.get(trigger.key)
        if runs is None or runs != trigger.paused:
            continue
        what = "runs in the cloud, though it is paused here" if runs else "was stopped in the cloud"
        yield Drift(
            sentence=f"The trigger {trigger.key} {what}.",
            urn=f"trigger:{trigger.key}",
            path="paused",
            trigger=trigger.key,
            old="paused" if trigger.paused else "running",
            new="running" if runs else "paused",
            acceptance=Acceptance(trigger=trigger.key, paused=not runs),
        )


def _once(drifts: Iterable[Drift]) -> list[Drift]:
    found: dict[tuple[str, str, str], Drift] = {}
    for each in drifts:
        found.setdefault((each.urn, each.path, each.sentence), each)
    return list(found.values())

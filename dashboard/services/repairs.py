"""What a crash left of a Deployment, in words, and whether it can be put right now.

It is read from the engine's files when somebody looks, because it may change by itself: an
engine that lost its operation saves what it had begun, and removes its own lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings

from dashboard.models import Deployment
from dashboard.services import hosts
from dashboard.services.deployment_log import short_kind
from provisioning.operations import CutOff, LockLeft, StackFiles, Standing

Status = Deployment.Status

CLOUDS = {"aws": "AWS", "azure": "Azure", "google": "Google"}
NOUNS = {
    "creating": "creation", "updating": "change", "deleting": "deletion", "reading": "look",
    "importing": "adoption",
}  # fmt: skip
PLANS = {
    "creating": "Skyclock will ask {cloud} for {it} and take {it} over, or create {it} anew.",
    "deleting": "Skyclock will ask {cloud} what is still there, and go on from that.",
    "updating": "Skyclock will ask {cloud} what {it} came to, and go on from that.",
}
CLEAN = "Nothing was left half done: no lock, and no step that was cut off."
UNREAD = (
    "An earlier repair was cut off after it had taken resources over. Skyclock will ask {cloud} "
    "what they are now."
)
AT_WORK = "Something that the operation started is still at work. Skyclock will wait for its end."
UNPROVEN = (
    "It is released when that process is known to be dead. If its host is gone for good, that "
    "takes a moment; if you locked the stack by hand, end that first."
)


@dataclass(frozen=True)
class Repair:
    """`sentences` say how the stack stands, and what will be done. `possible`: no lock whose
    owner may be alive is in the way. `needed`: there is something to put right."""

    sentences: tuple[str, ...]
    possible: bool
    needed: bool


def look(deployment: Deployment) -> Repair | None:
    """None where nothing was left, or where a later Deployment has looked after it."""
    pipeline = deployment.pipeline
    ended = deployment.status in (Status.INTERRUPTED, Status.FAILED, Status.CANCELLED)
    later = pipeline.deployments.filter(pk__gt=deployment.pk)
    never_began = {"status": Status.CANCELLED, "started_at": None}
    if not ended or pipeline.archived_at or later.exclude(**never_began).exists():
        return None
    files = StackFiles(settings.STATE_DIR, pipeline.blueprint, pipeline.slug)
    standing = files.standing(gone=hosts.gone())
    if standing.is_clean and deployment.status != Status.INTERRUPTED:
        return None
    possible = standing.guarded or all(lock.proof for lock in standing.locks)
    sentences = tuple(_sentences(standing, CLOUDS[pipeline.connection.cloud]))
    return Repair(sentences, possible, needed=sentences != (CLEAN,))


def _sentences(standing: Standing, cloud: str) -> Iterator[str]:
    if standing.guarded:
        yield AT_WORK
    else:
        yield from map(_of_lock, standing.locks)
    for step in NOUNS:
        cut = [each for each in standing.cut_off if each.step == step]
        if cut:
            yield _of_steps(step, cut, cloud)
    if standing.unread:
        yield UNREAD.format(cloud=cloud)
    if standing.is_clean and not standing.guarded:
        yield CLEAN


def _of_lock(lock: LockLeft) -> str:
    whose = f"The stack is locked by process {lock.pid} on {lock.host} since {lock.since}"
    if lock.proof:
        return f"{whose}, which is dead: {lock.proof}. Skyclock will remove the lock."
    return f"{whose}, which may be alive. {UNPROVEN}"


def _of_steps(step: str, cut: Sequence[CutOff], cloud: str) -> str:
    names = ", ".join(f"{short_kind(each.kind)} {each.name}" for each in cut)
    one = len(cut) == 1
    noun = NOUNS[step] if one else f"{NOUNS[step]}s"
    plan = PLANS.get(step, "It is done again.").format(cloud=cloud, it="it" if one else "them")
    return f"{len(cut)} {noun} {'was' if one else 'were'} cut off: {names}. {plan}"

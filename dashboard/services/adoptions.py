"""Adoptions: taking over what exists in the cloud already, as it is, into a Pipeline.

A preview with ids is made first. It has to show no change for any of them; then its plan may be
applied, once. What only the cloud knows is in the rows of that preview: nothing is asked here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from dashboard.models import Deployment, DeploymentResource, Pipeline
from provisioning.blueprints import import_ids
from provisioning.errors import InvalidInput, NotPossible, Problem

LONGEST = 500
OWN = ("pulumi:", "skyclock:")  # what only groups resources is in no cloud
NOT_THERE = "The program of this pipeline has no such resource, or it is deployed already."


@dataclass(frozen=True)
class Candidate:
    """A resource of the program that the engine does not know yet."""

    key: str
    kind: str
    name: str
    help: str  # what its id looks like
    found: str  # the id of what the cloud has under its name, where a preview looked


@dataclass(frozen=True)
class Adopted:
    """One resource of an Adoption, as its preview found it."""

    key: str
    id: str
    differences: tuple[str, ...]  # properties that the cloud has otherwise than the program
    refused: str  # why it cannot be taken over; "" where it can

    @property
    def name(self) -> str:
        return self.key.partition("::")[2]

    @property
    def kind(self) -> str:
        return self.key.partition("::")[0]


def last_look(pipeline: Pipeline) -> Deployment | None:
    """The newest preview of the present Version that succeeded, if nothing was deployed since."""
    rows = pipeline.deployments.filter(
        operation=Deployment.Operation.PREVIEW,
        status=Deployment.Status.SUCCEEDED,
        version=pipeline.current_version_id,
    )
    look = rows.order_by("-id").first()
    later = pipeline.deployments.exclude(operation=Deployment.Operation.PREVIEW)
    return look if look and not later.filter(pk__gt=look.pk).exists() else None


def candidates(look: Deployment) -> list[Candidate]:
    """What could be adopted, by a preview; what it found comes first."""
    typed = look.adopt or {}
    rows = [_candidate(row, typed) for row in _planned(look) if not row.kind.startswith(OWN)]
    return sorted(rows, key=lambda each: not each.found)


def wanted(pipeline: Pipeline, resources: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """By key, the ids of what is to be adopted. Each names its resource by `urn`, or by `name`
    as the last preview shows it. InvalidInput says all that is wrong."""
    found: dict[str, str] = {}
    problems: list[Problem] = []
    look = last_look(pipeline)
    known = {each.key: each for each in candidates(look)} if look else {}
    for position, given in enumerate(resources):
        where = f"resources.{position}"
        id = str(given.get("id", "")).strip()
        if not id or len(id) > LONGEST or not id.isprintable():
            problems.append(Problem(f"{where}.id", "Write the id that the cloud knows it by."))
        keys = _keys(given, known)
        if len(keys) != 1:
            problems.append(_unknown(where, given, keys, looked=look is not None))
        elif keys[0] in found:
            problems.append(Problem(where, "This resource is named twice."))
        else:
            found[keys[0]] = id
    if problems:
        raise InvalidInput(problems)
    return found


def adopted(preview: Deployment) -> list[Adopted]:
    """What the preview of an Adoption found for each of its resources."""
    if not preview.adopt:
        return []
    rows = {import_ids.key_of(row.urn): row for row in preview.resources.all()}
    return [_adopted(key, id, rows.get(key)) for key, id in preview.adopt.items()]


def refusal(preview: Deployment) -> str:
    """Why this preview's Adoption cannot be applied; "" where it can, or where it is none."""
    hindered = [each for each in adopted(preview) if each.refused]
    if not hindered:
        return ""
    names = ", ".join(each.name for each in hindered)
    return f"Only what would not be changed can be adopted, and this cannot as it is: {names}."


def require_ready(preview: Deployment) -> None:
    if why := refusal(preview):
        raise NotPossible(why)


def _adopted(key: str, id: str, row: DeploymentResource | None) -> Adopted:
    differences = import_ids.told_by_cloud(row.kind, row.diff) if row else ()
    if row is None or row.op == "same":
        refused = NOT_THERE
    elif row.op != "adopt" or row.state == "failed":
        refused = "The cloud could not show it under this id; the log has its reason."
    else:
        refused = "The cloud has it otherwise than the program." if differences else ""
    return Adopted(key=key, id=id, differences=differences, refused=refused)


def _planned(look: Deployment) -> QuerySet[DeploymentResource]:
    return look.resources.filter(op__in=["create", "adopt"], state="planned").order_by("position")


def _candidate(row: DeploymentResource, typed: Mapping[str, str]) -> Candidate:
    key = import_ids.key_of(row.urn)
    return Candidate(
        key=key,
        kind=row.kind,
        name=row.name,
        help=import_ids.help_for(row.kind),
        found=typed.get(key, row.cloud_id),  # once adopted it may have another id
    )


def _keys(given: Mapping[str, str], known: Mapping[str, Candidate]) -> list[str]:
    if urn := given.get("urn"):
        return [import_ids.key_of(urn)] if urn.count("::") else []
    name = given.get("name", "")
    return [key for key, each in known.items() if name in (each.name, key)]


def _unknown(where: str, given: Mapping[str, str], keys: list[str], *, looked: bool) -> Problem:
    field = f"{where}.{'urn' if given.get('urn') else 'name'}"
    if keys:
        kinds = ", ".join(sorted(keys))
        return Problem(field, f"Several resources have this name; write one of {kinds}.")
    if not looked and not given.get("urn"):
        return Problem(field, "Preview the pipeline first: that tells what it is made of.")
    return Problem(field, NOT_THERE, "unknown")

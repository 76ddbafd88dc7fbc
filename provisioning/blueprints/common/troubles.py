"""What Blueprints of all clouds do alike to say what kind of trouble an error is."""

from __future__ import annotations

import re
from collections.abc import Mapping

from provisioning.contracts import Diagnosis, ErrorKind, Level, StackSpec

UNREACHABLE = re.compile(
    r"request send failed|no such host|connection refused|dial tcp|could not be reached"
    r"|Client\.Timeout|i/o timeout|ConnectionClosed|EndpointConnectionError|Connection aborted",
    re.I,
)
OURS = re.compile(r"[A-Za-z0-9][\w.\-]*skyclock[\w.\-]*|skyclock[\w.\-]*", re.I)
QUOTED = re.compile(r"['\"“]([^'\"”]{3,120})['\"”]")
Codes = Mapping[ErrorKind, str]


def kind_of(codes: Codes, error_code: str, said: str) -> ErrorKind | None:
    """By code; by words only of what never got an answer, because that has none."""
    for kind, known in codes.items():
        if error_code in known.split():
            return kind
    return ErrorKind.UNREACHABLE if UNREACHABLE.search(said) else None


def without_policy(
    kind: ErrorKind | None, hint: str | None, message: str, spec: StackSpec, *, cloud: str
) -> Diagnosis:
    """Of all that no permission helps against."""
    if kind is ErrorKind.NAME_TAKEN and (name := taken_name(message, spec)):
        hint = f"Taken is the name {name}. {hint or ''}".strip()
    return diagnosis(kind, unreachable(kind, hint, cloud))


def taken_name(message: str, spec: StackSpec) -> str:
    """The name that the cloud means: one of this Pipeline's, else what stands in quotes."""
    slug = spec.slug.replace("-", "")
    found = [*OURS.findall(message), *QUOTED.findall(message)]
    own = [each for each in found if slug and slug in each.replace("-", "").lower()]
    return str((own or QUOTED.findall(message) or [""])[0]).strip(".")


def besides(
    permissions: Mapping[Level, tuple[str, ...]], prefix: str, missing: str
) -> tuple[str, ...]:
    """What else a deployment needs of the same service, so that it does not stop there next."""
    wanted = permissions.get(Level.DEPLOY, ())
    return tuple(each for each in wanted if each.startswith(prefix) and each != missing)


def unreachable(kind: ErrorKind | None, hint: str | None, cloud: str) -> str | None:
    if kind is ErrorKind.UNREACHABLE and not hint:
        return (
            f"{cloud} did not answer from this machine. Look at its network, proxy and name "
            "service, and at the cloud's own status page; then retry."
        )
    return hint


def diagnosis(kind: ErrorKind | None, hint: str | None, **more: object) -> Diagnosis:
    return Diagnosis.model_validate({"kind": kind, "hint": hint, **more})

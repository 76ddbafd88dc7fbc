"""What checks answer, and what each cloud's examiner offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from provisioning.contracts import Check

MOST_NAMED = 4  # in a sentence; all of them are in `missing`


@dataclass(frozen=True)
class Who:
    """The cloud's word on whose credential it is."""

    account: str
    name: str  # an ARN, an application, a service account


class Examiner(Protocol):
    """One Connection's cloud, entered. Each method asks, and raises CloudError where it got no
    answer; of permissions it says which are missing."""

    def whoami(self) -> Who: ...

    def region(self) -> Check: ...

    def listing(self) -> Check:
        """What there is to see: lists that are empty because they may not be read are red."""

    def read_runs(self, needed: Sequence[str]) -> Check: ...

    def start(self, needed: Sequence[str]) -> Check: ...

    def deploy(self, needed: Sequence[str]) -> Check: ...


def passed(name: str, message: str) -> Check:
    return Check(name=name, result="pass", message=message)


def unknown(name: str, message: str, *, add: str = "") -> Check:
    return Check(name=name, result="unknown", message=with_line(message, add))


def failed(name: str, message: str, *, missing: Iterable[str] = (), add: str = "") -> Check:
    """`add` is what to grant, as the cloud takes it."""
    found = tuple(dict.fromkeys(missing))
    return Check(name=name, result="fail", missing=found, message=with_line(message, add))


def with_line(message: str, add: str) -> str:
    """The sentences first; after an empty line what is to be copied."""
    return f"{message}\n\n{add}" if add else message


def listed(words: Sequence[str]) -> str:
    """ "a, b, c, d and 3 more" """
    shown = list(words[:MOST_NAMED])
    if len(words) > MOST_NAMED:
        return f"{', '.join(shown)} and {len(words) - MOST_NAMED} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def counted(number: int, what: str, *, more: bool = False) -> str:
    """ "1 pipeline", "100 or more pipelines" """
    plural = what if number == 1 and not more else _plural(what)
    return f"{number} or more {plural}" if more else f"{number} {plural}"


def _plural(what: str) -> str:
    if what.endswith("y"):
        return f"{what[:-1]}ies"
    return f"{what}es" if what.endswith("s") else f"{what}s"

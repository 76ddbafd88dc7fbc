"""JSONPath as Step Functions reads it.

A path that can lead to one place only is definite: it gives what is there, or fails. Any other
gives a list of what it finds, which may be empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol


class BadPath(ValueError):
    """The text is no path."""


class NotThere(Exception):
    """A definite path leads nowhere; the text is AWS's, without the path itself."""


@dataclass(frozen=True)
class Place:
    """A value and the way that was taken to it: "$['a'][0]"."""

    value: Any
    way: str


class Part(Protocol):
    """One part of a path."""

    @property
    def definite(self) -> bool: ...

    def of(self, place: Place) -> Iterator[Place]:
        """Where it leads from there."""

    def missing(self, place: Place, *, last: bool) -> str:
        """What AWS says when it leads nowhere."""


@dataclass(frozen=True)
class Member:
    name: str
    definite: bool = True

    def of(self, place: Place) -> Iterator[Place]:
        if isinstance(place.value, dict) and self.name in place.value:
            yield Place(place.value[self.name], f"{place.way}['{self.name}']")

    def missing(self, place: Place, *, last: bool) -> str:
        verb = "No results for path:" if last else "Missing property in path"
        return f"{verb} {place.way}['{self.name}']"


@dataclass(frozen=True)
class Item:
    number: int
    definite: bool = True

    def of(self, place: Place) -> Iterator[Place]:
        items = place.value
        if isinstance(items, list) and -len(items) <= self.number < len(items):
            yield Place(items[self.number], f"{place.way}[{self.number}]")

    def missing(self, place: Place, *, last: bool) -> str:
        return f"Index out of bounds when evaluating path {place.way}[{self.number}]"


class _Many:
    @property
    def definite(self) -> bool:
        return False

    def missing(self, place: Place, *, last: bool) -> str:
        raise AssertionError("only definite parts can be missing")


@dataclass(frozen=True)
class Every(_Many):
    """`*`"""

    def of(self, place: Place) -> Iterator[Place]:
        yield from inside(place)


@dataclass(frozen=True)
class Slice(_Many):
    """`[1:3]`"""

    first: int | None
    end: int | None
    step: int | None = None

    def of(self, place: Place) -> Iterator[Place]:
        if isinstance(place.value, list):
            for number in range(len(place.value))[self.first : self.end : self.step]:
                yield Place(place.value[number], f"{place.way}[{number}]")


@dataclass(frozen=True)
class Several(_Many):
    """`['a','b']` or `[0,2]`"""

    parts: tuple[Part, ...]

    def of(self, place: Place) -> Iterator[Place]:
        for part in self.parts:
            yield from part.of(place)


@dataclass(frozen=True)
class Deep(_Many):
    """`..` before another part: here and anywhere below."""

    part: Part

    def of(self, place: Place) -> Iterator[Place]:
        yield from self.part.of(place)
        for inner in inside(place):
            yield from self.of(inner)


@dataclass(frozen=True)
class Those(_Many):
    """`[?(…)]`: items, or an object itself, that fulfil a condition."""

    condition: Callable[[Any], bool]

    def of(self, place: Place) -> Iterator[Place]:
        candidates = inside(place) if isinstance(place.value, list) else [place]
        yield from (each for each in candidates if self.condition(each.value))


@dataclass(frozen=True)
class Length:
    """`.length()` of a list, an object or a text."""

    definite: bool = True

    def of(self, place: Place) -> Iterator[Place]:
        if isinstance(place.value, list | dict | str):
            yield Place(len(place.value), f"{place.way}.length()")

    def missing(self, place: Place, *, last: bool) -> str:
        return f"No results for path: {place.way}.length()"


def inside(place: Place) -> Iterator[Place]:
    """What an object or a list holds."""
    if isinstance(place.value, dict):
        for name, value in place.value.items():
            yield Place(value, f"{place.way}['{name}']")
    elif isinstance(place.value, list):
        for number, value in enumerate(place.value):
            yield Place(value, f"{place.way}[{number}]")


@dataclass(frozen=True)
class Path:
    parts: tuple[Part, ...]

    @property
    def definite(self) -> bool:
        return all(part.definite for part in self.parts)

    @property
    def refers(self) -> bool:
        """Whether something can be put there: a reference path."""
        return all(isinstance(part, Member | Item) for part in self.parts)

    def find(self, value: Any) -> Any:
        """Raises NotThere."""
        places = [Place(value, "$")]
        for number, part in enumerate(self.parts):
            found = [there for place in places for there in part.of(place)]
            if self.definite and not found:
                last = number == len(self.parts) - 1
                raise NotThere(part.missing(places[0], last=last))
            places = found
        values = [place.value for place in places]
        return values[0] if self.definite else values

    def put(self, whole: Any, value: Any) -> Any:
        """`whole` with the value at this place, and what is on the way to it made up for.
        Raises NotThere where something else is in the way."""
        return _put(self.parts, whole, value)


def _put(parts: tuple[Part, ...], whole: Any, value: Any) -> Any:
    if not parts:
        return value
    part, rest = parts[0], parts[1:]
    if isinstance(part, Member):
        if whole is not None and not isinstance(whole, dict):
            raise NotThere("Unable to apply the path to the input")
        old = whole or {}
        return {**old, part.name: _put(rest, old.get(part.name), value)}
    if isinstance(part, Item) and isinstance(whole, list) and part.number < len(whole):
        kept = list(whole)
        kept[part.number] = _put(rest, kept[part.number], value)
        return kept
    raise NotThere("Unable to apply the path to the input")

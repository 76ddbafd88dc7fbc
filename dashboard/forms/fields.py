"""The fields of a settings form; `schema.py` makes them from a JSON schema.

A field knows three forms of its value: *raw*, as typed (strings, kept even when they are
wrong); the *value* that the Blueprint validates; and *bound*, what a template shows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any, ClassVar, Final


class Absent:
    """Nothing was typed: the Blueprint's default counts, or its 'required' error."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
FEW = 4


@dataclass(frozen=True)
class About:
    """What people read beside a field."""

    title: str
    help: str = ""
    unit: str = ""
    example: str = ""
    required: bool = True
    nullable: bool = False
    widget: str = ""
    show_when: tuple[str, Any] | None = None  # (field beside it, value that it needs)
    default: Any = ABSENT

    @property
    def optional(self) -> bool:
        """Worth saying: nothing is typed, and nothing has to be."""
        preset = not isinstance(self.default, Absent) and bool(self.default)
        return not (self.required or self.show_when or preset)


@dataclass(frozen=True)
class Around:
    """What a form knows beside its fields: what is wrong, by path, and which names exist."""

    problems: Mapping[str, Sequence[str]] = made(default_factory=dict)
    known: Mapping[str, tuple[str, ...]] = made(default_factory=dict)

    def wrong(self, path: str) -> tuple[str, ...]:
        return tuple(self.problems.get(path, ()))


@dataclass(frozen=True)
class Bound:
    """A field at one place of one form, with what was typed and what is wrong with it."""

    field: Field
    path: str  # also the name of its input
    raw: Any = None
    problems: tuple[str, ...] = ()
    children: tuple[Bound, ...] = ()
    place: Mapping[str, Any] = made(default_factory=dict)  # its position in a list, its options

    @property
    def id(self) -> str:
        return "f-" + self.path.replace(".", "-")

    @property
    def template(self) -> str:
        return f"pipelines/form/_{self.field.kind}.html"

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def broken(self) -> bool:
        """It has line breaks, which an input of one line would drop in silence."""
        shown = self.raw.get("value") if isinstance(self.raw, dict) else self.raw
        return isinstance(shown, str) and "\n" in shown

    @property
    def title(self) -> str:
        return self.field.called(self.raw)

    @property
    def text(self) -> str:
        return self.field.read(self.raw)

    @property
    def troubled(self) -> bool:
        return bool(self.problems) or any(child.troubled for child in self.children)

    @property
    def folded(self) -> bool:
        return self.field.folded and not self.troubled and not self.field.touched(self.raw)

    @property
    def shown(self) -> tuple[Bound, ...]:
        return tuple(child for child in self.children if self.compact or not child.folded)

    @property
    def more(self) -> tuple[Bound, ...]:
        return tuple(child for child in self.children if child.folded and not self.compact)

    @property
    def compact(self) -> bool:
        """A few single inputs: shown in one row."""
        return len(self.children) <= FEW and all(child.field.single for child in self.children)

    def walk(self) -> Iterator[Bound]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Field(ABC):
    about: About
    kind: ClassVar[str]
    single: ClassVar[bool] = True  # one input, not several

    @abstractmethod
    def to_raw(self, value: Any) -> Any: ...

    @abstractmethod
    def to_value(self, raw: Any) -> Any:
        """The value to validate, ABSENT where nothing was typed."""

    @property
    def folded(self) -> bool:
        """Few people need it: shown under "More" until it is touched or wrong."""
        return not self.about.required and not self.about.show_when

    def bind(self, path: str, raw: Any, around: Around) -> Bound:
        return Bound(self, path, self.shown(raw), around.wrong(path))

    def called(self, raw: Any) -> str:
        return self.about.title

    def read(self, raw: Any) -> str:
        """What it holds, for reading."""
        value = self.to_value(raw)
        return "" if value is ABSENT else as_text(value)

    def shown(self, raw: Any) -> Any:
        """What a page shows: what was typed, else the default."""
        if raw is None and not isinstance(self.about.default, Absent):
            return self.to_raw(self.about.default)
        return raw

    def touched(self, raw: Any) -> bool:
        return bool(self.shown(raw)) and self.shown(raw) != self.shown(None)

    def locate(self, parts: Sequence[str], raw: Any) -> list[str]:
        """As much of a problem's path as leads to something on the page."""
        return []


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(as_text(one) for one in value)
    if isinstance(value, Mapping):
        return "\n".join(f"{key} = {as_text(one)}" for key, one in value.items())
    return str(value)

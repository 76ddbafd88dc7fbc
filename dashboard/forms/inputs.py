"""Fields of one input each: text, numbers, choices, lists that are typed as lines, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.forms.fields import ABSENT, Around, Bound, Field


@dataclass(frozen=True)
class Text(Field):
    kind = "text"
    longest: int | None = None

    def to_raw(self, value: Any) -> str:
        return "" if value is None else str(value)

    def to_value(self, raw: Any) -> Any:
        if raw in (None, ""):
            return None if self.about.nullable and raw is not None else ABSENT
        return raw  # white space is the model's business: it may mean something


@dataclass(frozen=True)
class Number(Field):
    """Typed into a text input, because a number input forgets what is not a number."""

    kind = "number"
    whole: bool = False
    least: float | None = None
    most: float | None = None
    folded = False

    def to_raw(self, value: Any) -> str:
        return "" if value is None else str(value)

    def to_value(self, raw: Any) -> Any:
        if raw is None or not str(raw).strip():
            return None if self.about.nullable and raw is not None else ABSENT
        try:
            return int(str(raw)) if self.whole else _number(str(raw))
        except ValueError:
            return str(raw)  # the Blueprint says what is wrong with it


@dataclass(frozen=True)
class Scalar(Field):
    """Text, number or yes/no, whichever the text looks like: "3" is 3, "true" is true."""

    kind = "text"

    def to_raw(self, value: Any) -> str:
        return value if isinstance(value, str) else "" if value is None else json.dumps(value)

    def to_value(self, raw: Any) -> Any:
        text = str(raw or "").strip()
        if not text:
            return None if self.about.nullable and raw is not None else ABSENT
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        try:
            return _number(text)
        except ValueError:
            return text


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


@dataclass(frozen=True)
class Choice(Field):
    kind = "choice"
    options: tuple[tuple[Any, str], ...] = ()
    switch: bool = False  # other fields come and go with it

    @property
    def folded(self) -> bool:
        return not self.switch and super().folded

    def to_raw(self, value: Any) -> str:
        return "" if value is None else str(value)

    def to_value(self, raw: Any) -> Any:
        if raw in (None, ""):
            return None if self.about.nullable and raw is not None else ABSENT
        return next((value for value, _ in self.options if str(value) == raw), raw)

    def read(self, raw: Any) -> str:
        return next((label for value, label in self.options if str(value) == raw), "")


@dataclass(frozen=True)
class Flag(Field):
    kind = "flag"

    def to_raw(self, value: Any) -> str:
        return "true" if value else "false"

    def to_value(self, raw: Any) -> Any:
        return ABSENT if raw is None else raw == "true"

    def touched(self, raw: Any) -> bool:
        return bool(self.shown(raw) != self.shown(None)) and raw is not None


@dataclass(frozen=True)
class Constant(Field):
    """A value that cannot be another, such as the kind of a step. Nothing to type."""

    kind = "constant"
    value: Any = None
    folded = False

    def to_raw(self, value: Any) -> str:
        return str(self.value)

    def to_value(self, raw: Any) -> Any:
        return self.value

    def shown(self, raw: Any) -> str:
        return str(self.value)

    def touched(self, raw: Any) -> bool:
        return False


@dataclass(frozen=True)
class Json(Field):
    """Anything that JSON can say, in an editor."""

    kind = "json"
    single = False
    text: bool = False  # the value is the text itself, which the Blueprint parses

    def to_raw(self, value: Any) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        return json.dumps(value, indent=2, ensure_ascii=False)

    def to_value(self, raw: Any) -> Any:
        if raw is None or not str(raw).strip():
            return None if self.about.nullable and raw is not None else ABSENT
        if self.text:
            return str(raw)
        try:
            return json.loads(str(raw))
        except ValueError:
            return raw


@dataclass(frozen=True)
class Lines(Field):
    """A list of texts or numbers, one a line. Raw is the whole text.

    What one line cannot hold is written as JSON: an item with a line break, or an empty one.
    """

    kind = "lines"
    item: Field | None = None

    def to_raw(self, value: Any) -> str:
        return "\n".join(_line(one) for one in value) if isinstance(value, list | tuple) else ""

    def to_value(self, raw: Any) -> Any:
        assert self.item
        if raw is None:
            return ABSENT
        lines = [line for line in str(raw).split("\n") if line.strip()]
        quoted = [_unquoted(line) for line in lines]
        return [
            self.item.to_value(line) if text is None else text
            for line, text in zip(lines, quoted, strict=True)
        ]


def _line(item: Any) -> str:
    text = str(item)
    plain = text.strip() and "\n" not in text and not text.startswith('"')
    return text if plain else json.dumps(text, ensure_ascii=False)


def _unquoted(line: str) -> Any:
    try:
        return json.loads(line) if line.startswith('"') else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Names(Field):
    """Some of the names that other parts of the form have, as checkboxes."""

    kind = "names"
    single = False
    folded = False

    def to_raw(self, value: Any) -> list[str]:
        return [str(one) for one in value] if isinstance(value, list | tuple) else []

    def to_value(self, raw: Any) -> Any:
        if not isinstance(raw, list):
            return ABSENT
        return [one for one in raw if isinstance(one, str) and one]  # unticked boxes are gaps

    def bind(self, path: str, raw: Any, around: Around) -> Bound:
        ticked = self.to_value(self.shown(raw) or [])
        names = around.known.get(self.about.widget, ())
        own = _own_name(path, names)
        options = [
            (name, name in ticked, True) for name in dict.fromkeys(names) if name not in ("", own)
        ]
        options += [(name, True, False) for name in ticked if name not in names]
        return Bound(self, path, ticked, around.wrong(path), place={"options": options})


def _own_name(path: str, names: Sequence[str]) -> str | None:
    """The name of the item that this path is inside of: it cannot come after itself."""
    position = next((int(part) for part in path.split(".") if part.isdecimal()), None)
    return names[position] if position is not None and position < len(names) else None

"""Reads the text of a path."""

from __future__ import annotations

import re
from functools import cache

from provisioning.sandbox.aws.states.language.path_filters import read_filter
from provisioning.sandbox.aws.states.language.paths import (
    BadPath,
    Deep,
    Every,
    Item,
    Length,
    Member,
    Part,
    Path,
    Several,
    Slice,
    Those,
)

_NAME = re.compile(r"[^\s.\[\]()'\"*?,:@$&|!=<>~]+")
_QUOTED = re.compile(r"'((?:\\.|[^'\\])*)'|\"((?:\\.|[^\"\\])*)\"")
_NUMBER = re.compile(r"-?\d+")
_SLICE = re.compile(r"(-?\d+)?:(-?\d+)?(?::(-?\d+))?")


@cache
def read_path(text: str) -> Path:
    """Of "$.a[0]"; raises BadPath."""
    if not text.startswith("$"):
        raise BadPath("Path must start with $")
    path, end = read_parts(text, 1)
    if end != len(text):
        raise BadPath(f"'{text[end:]}' cannot be read at {end}")
    return path


def read_parts(text: str, at: int) -> tuple[Path, int]:
    """The parts from a position on, and where they end."""
    parts: list[Part] = []
    while at < len(text) and text[at] in ".[":
        part, at = _part(text, at)
        parts.append(part)
    return Path(tuple(parts)), at


def _part(text: str, at: int) -> tuple[Part, int]:
    if text.startswith("..", at):
        at += 2
        part, at = _bracket(text, at) if text[at : at + 1] == "[" else _name(text, at)
        return Deep(part), at
    return _name(text, at + 1) if text[at] == "." else _bracket(text, at)


def _name(text: str, at: int) -> tuple[Part, int]:
    if text.startswith("*", at):
        return Every(), at + 1
    if text.startswith("length()", at):
        return Length(), at + len("length()")
    found = _NAME.match(text, at)
    if not found:
        raise BadPath(f"a name is needed at {at}")
    return Member(found.group()), found.end()


def _bracket(text: str, at: int) -> tuple[Part, int]:
    if text.startswith("[?(", at):
        condition, at = read_filter(text, at + 3, read_parts)
        return Those(condition), _closed(text, at, ")]")
    if text.startswith("[*]", at):
        return Every(), at + 3
    if (found := _SLICE.match(text, at + 1)) and found.group() != "":
        first, end, step = (int(each) if each else None for each in found.groups())
        return Slice(first, end, step), _closed(text, found.end(), "]")
    return _members(text, at + 1)


def _members(text: str, at: int) -> tuple[Part, int]:
    parts: list[Part] = []
    while True:
        while text[at : at + 1] == " ":
            at += 1
        if quoted := _QUOTED.match(text, at):
            name = quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
            parts.append(Member(re.sub(r"\\(.)", r"\1", name)))
            at = quoted.end()
        elif number := _NUMBER.match(text, at):
            parts.append(Item(int(number.group())))
            at = number.end()
        else:
            raise BadPath(f"a name or a number is needed at {at}")
        while text[at : at + 1] == " ":
            at += 1
        if text[at : at + 1] != ",":
            break
        at += 1
    return (parts[0] if len(parts) == 1 else Several(tuple(parts))), _closed(text, at, "]")


def _closed(text: str, at: int, closing: str) -> int:
    if not text.startswith(closing, at):
        raise BadPath(f"{closing} is needed at {at}")
    return at + len(closing)

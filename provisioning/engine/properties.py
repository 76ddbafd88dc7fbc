"""What a step changes of a resource, property by property, as people can read it.

Values are texts: what is secret is only named so, what the cloud will say later is called
unknown, and a text that holds JSON, such as a policy document, is compared as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from pulumi.automation import StepEventMetadata

from provisioning.contracts import PropertyChange, PropertyOp
from provisioning.engine import differences
from provisioning.engine.differences import ABSENT, holds_secret

UNKNOWN = "known after the apply"
SECRET = "[secret]"  # noqa: S105 (what stands in place of one)
UNKNOWN_MARK = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # the engine's, in previews
SIGNATURE = differences.SECRET_MARK
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
FILES = {
    "c44067f5952c0a294b673a41bacd8c17": "file",
    "0def7320c3a5731c473e5ecbe6d01bc7": "archive",
}
OWN = ("__defaults", "__internal")  # notes of the providers to themselves
PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$-]*\Z")
MOST = 80

Change = tuple[str, Any, Any]


def of_step(step: StepEventMetadata) -> tuple[PropertyChange, ...]:
    """Those that force a replacement first."""
    forcing = replacing(step)
    found = [*_of_inputs(step)]
    found += _only_the_engine_knows(step, [path for path, _, _ in found])
    told = [_told(change, forcing) for change in found]
    told.sort(key=lambda one: one.op is not PropertyOp.REPLACE)
    return _most(told)


def replacing(step: StepEventMetadata) -> tuple[str, ...]:
    """Paths of what cannot be changed in place."""
    detailed = step.detailed_diff or {}
    kinds = {path for path, each in detailed.items() if each.diff_kind.value.endswith("-replace")}
    return tuple(sorted(kinds or step.keys or ()))


def _of_inputs(step: StepEventMetadata) -> Iterator[Change]:
    old = step.old.inputs if step.old else None
    new = step.new.inputs if step.new else None
    yield from _compared("", old or {}, new or {})


def _only_the_engine_knows(step: StepEventMetadata, known: Sequence[str]) -> list[Change]:
    """What differs in the outputs only, or is secret before and after."""
    if not step.old or not step.new:
        return []
    paths = [path for path in step.detailed_diff or step.diffs or () if not _among(path, known)]
    return [
        (path, differences.value_at(step.old, path), differences.value_at(step.new, path))
        for path in paths
    ]


def _among(path: str, known: Sequence[str]) -> bool:
    return any(_within(each, path) or _within(path, each) for each in known)


def _within(path: str, outer: str) -> bool:
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


# ── Comparing ───────────────────────────────────────────────────────────────────────


def _compared(path: str, old: Any, new: Any) -> Iterator[Change]:
    old, new = _opened(old), _opened(new)
    if _is_secret(old) or _is_secret(new):
        if old != new:
            yield path, old, new
        return
    old, new = _as_json(old, new), _as_json(new, old)
    if _are(dict, old, new):
        yield from _maps(path, old or {}, new or {})
    elif _are(list, old, new):
        yield from _lists(path, old or [], new or [])
    elif old != new:
        yield path, old, new


class _Nothing:
    """In place of a property that is not there."""

    def __bool__(self) -> bool:
        return False


NOTHING = _Nothing()


def _are(kind: type, old: Any, new: Any) -> bool:
    """Whether both have such values inside, or one has and the other is not there."""
    fit = all(isinstance(side, kind) or side is NOTHING for side in (old, new))
    return fit and bool(old or new)


def _maps(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys([*new, *old]):
        if key not in OWN:
            yield from _compared(_step(path, key), old.get(key, NOTHING), new.get(key, NOTHING))


def _lists(path: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    """What was put in between or taken out moves the others, and does not change them."""
    before, after = [[json.dumps(one, sort_keys=True) for one in all] for all in (old, new)]
    for op, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            continue
        for n in range(max(i2 - i1, j2 - j1)):
            was = old[i1 + n] if i1 + n < i2 else NOTHING
            will = new[j1 + n] if j1 + n < j2 else NOTHING
            yield from _compared(f"{path}[{j1 + n if will is not NOTHING else i1 + n}]", was, will)


def _step(path: str, key: str) -> str:
    if not PLAIN_KEY.match(key):
        return f"{path}[{json.dumps(key)}]"
    return f"{path}.{key}" if path else key


def _opened(value: Any) -> Any:
    """What stands in the engine's wrapping of an output."""
    if isinstance(value, dict) and value.get(SIGNATURE) == OUTPUT and not value.get("secret"):
        return value.get("value", UNKNOWN_MARK)
    return value


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and SIGNATURE in value and value[SIGNATURE] not in FILES


def _as_json(value: Any, other: Any) -> Any:
    """The JSON in a text, where the other side is such a text, too, or nothing."""
    if not isinstance(value, str) or not isinstance(other, str | _Nothing):
        return value
    parsed = _parsed(value)
    comparable = isinstance(other, _Nothing) or type(_parsed(other)) is type(parsed)
    return value if parsed is None or not comparable else parsed


def _parsed(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found or None


# ── Telling ─────────────────────────────────────────────────────────────────────────


def _told(change: Change, forcing: Sequence[str]) -> PropertyChange:
    path, old, new = change
    op = PropertyOp.UPDATE
    if _is_nothing(old):
        op = PropertyOp.ADD
    elif _is_nothing(new):
        op = PropertyOp.DELETE
    if any(_within(path, each) or _within(each, path) for each in forcing):
        op = PropertyOp.REPLACE
    return PropertyChange(path=path, op=op, old=_text(old), new=_text(new))


def _is_nothing(value: Any) -> bool:
    return value is NOTHING or value is ABSENT


def _text(value: Any) -> str | None:
    if _is_nothing(value):
        return None
    if isinstance(value, dict) and value.get(SIGNATURE) in FILES:
        return f"{FILES[value[SIGNATURE]]} {str(value.get('hash', ''))[:12]}".strip()
    if holds_secret(value):
        return SECRET
    if value == UNKNOWN_MARK:
        return UNKNOWN
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False).replace(f'"{UNKNOWN_MARK}"', UNKNOWN)


def _most(told: Sequence[PropertyChange]) -> tuple[PropertyChange, ...]:
    left = len(told) - MOST
    if left <= 0:
        return tuple(told)
    return (*told[:MOST], PropertyChange(path="", op=PropertyOp.MORE, new=f"{left} more"))

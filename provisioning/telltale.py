"""Texts that are secrets by their looks. Settings are readable by everybody who signs in, go into
the engine's state and into the cloud's own definitions, so such a text is refused."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.errors import Problem

FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    (
        "a connection string with its key",
        re.compile(r"(?i)\b(?:AccountKey|SharedAccessKey)\s*=\s*[A-Za-z0-9+/]{20,}={0,2}"),
    ),
    ("a shared access signature", re.compile(r"(?i)[?&]sig=[A-Za-z0-9%+/]{20,}")),
    (
        "a password within an address",
        re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@{}$]*:[^\s/@{}$]{4,}@"),
    ),
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})")),
    ("a token of Google", re.compile(r"\bya29\.[\w.-]{20,}")),
    ("an API key of Google", re.compile(r"\bAIza[\w-]{35}\b")),
    ("a token of Slack", re.compile(r"\bxox[abposr]-[\w-]{10,}")),
    ("a token of Databricks", re.compile(r"\bdapi[0-9a-f]{32}\b")),
    ("a client secret of Microsoft Entra", re.compile(r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}")),
    (
        "a SecureString in clear",
        re.compile(r'"type"\s*:\s*"SecureString"\s*,\s*"value"\s*:\s*"(?!@)[^"*]'),
    ),
    ("a secret of a webhook", re.compile(r"\bwhsec_[A-Za-z0-9+/=]{20,}")),
)
# A name that tells, and a value that no person would choose for anything else.
TELLING_NAME = re.compile(
    r"(?i)(?:.*[_-])?(?:password|passwd|secret[_-]?access[_-]?key|access[_-]?token|api[_-]?key|"
    r"private[_-]?key|auth[_-]?token)|.*[_-]secret|.*clientsecret"
)
RANDOM = re.compile(r"[\w+/=.~-]{20,}")
RANDOM_BITS = 3.5  # of a character, as random base64 and hex have them, and names do not


def problems(settings: Any, field: str) -> list[Problem]:
    """One for each text that looks like a secret; it is not repeated."""
    return [
        Problem(
            field=path,
            code="secret",
            message=f"This holds {what}, and settings are readable by everybody. Keep it in the "
            "cloud's own vault, and give the pipeline's role the right to read it there.",
        )
        for path, what in _found(settings, field)
    ]


def _found(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _found(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _found(inner, f"{path}.{number}")
    elif isinstance(value, str):
        what = next((what for what, form in FORMS if form.search(value)), None)
        if what is None and TELLING_NAME.fullmatch(path.rpartition(".")[2]) and _is_random(value):
            what = "a secret, by its name and looks"
        if what:
            yield path, what


def _is_random(text: str) -> bool:
    mixed = all(re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    if not RANDOM.fullmatch(text) or not (mixed or re.fullmatch("[0-9a-f]{32,}", text)):
        return False
    counts = Counter(text).values()
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
    return bits >= RANDOM_BITS

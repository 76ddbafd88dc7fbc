"""Where the sealing keys come from: always from outside the database, newest first.

From the environment, from a file, or from a command that prints them; else from a file in the
data folder, which is made on first use. What is wrong stops the start with a sentence.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dashboard.environment import secret_file

NAMES = ("SKYCLOCK_SEALING_KEYS", "SKYCLOCK_SEALING_KEYS_FILE", "SKYCLOCK_SEALING_KEYS_COMMAND")
IN_ENVIRONMENT, IN_FILE, BY_COMMAND = NAMES
COMMAND_SECONDS = 20
LONGEST_WORDS = 200


@dataclass(frozen=True)
class SealingKeys:
    """`source` is for people: what to change when keys are added or taken away."""

    keys: tuple[str, ...]
    source: str


def read(default: Path) -> SealingKeys:
    """The keys of the one place that is named in the environment, or of the default file."""
    given = [name for name in NAMES if os.environ.get(name, "").strip()]
    if len(given) > 1:
        raise SystemExit(f"Set only one of {' and '.join(given)}: the sealing keys have one place.")
    if not given:
        text = secret_file("SKYCLOCK_SEALING_KEY", default, kind="fernet")
        in_file = not os.environ.get("SKYCLOCK_SEALING_KEY")
        return SealingKeys(_split(text), str(default) if in_file else "SKYCLOCK_SEALING_KEY")
    (name,) = given
    value = os.environ[name].strip()
    if name == IN_ENVIRONMENT:
        return SealingKeys(_split(value), name)
    text = _of_file(Path(value)) if name == IN_FILE else _printed_by(value)
    keys = _split(text)
    if not keys:
        raise SystemExit(f"{name} gives no sealing key: {value} is empty.")
    return SealingKeys(keys, f"{name} ({value})" if name == IN_FILE else name)


def _split(text: str) -> tuple[str, ...]:
    """One a line, or parted by commas; a line that begins with # says whose key comes next."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return tuple(word for line in lines for word in re.split(r"[,\s]+", line) if word)


def _of_file(path: Path) -> str:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o007:
            raise SystemExit(
                f"{IN_FILE}: everybody on this machine can open {path}. "
                f"Take that away first: chmod o= {shlex.quote(str(path))}"
            )
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise SystemExit(f"{IN_FILE}: {path} cannot be read: {why}.") from None


def _printed_by(command: str) -> str:
    """What the program prints; no shell reads its line. Once for each process of Skyclock."""
    try:
        argv = shlex.split(command)
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_SECONDS
        )
    except (OSError, ValueError) as error:
        # Not the line itself: people put passwords into such lines.
        why = getattr(error, "strerror", None) or type(error).__name__
        raise SystemExit(f"{BY_COMMAND}: the command cannot be run: {why}.") from None
    except subprocess.TimeoutExpired:
        raise SystemExit(
            f"{BY_COMMAND}: the command did not end within {COMMAND_SECONDS} s."
        ) from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:LONGEST_WORDS]
        raise SystemExit(f"{BY_COMMAND}: the command failed with {done.returncode}: {said}")
    return done.stdout

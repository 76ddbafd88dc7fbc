"""Readable, coloured, prefixed lines."""

from __future__ import annotations

import os
import sys
from datetime import datetime

COLOURS = {
    "skyclock": "1;36", "redis": "31", "sandbox": "35", "web": "34",
    "worker": "32", "beat": "33", "engine": "36",
}  # fmt: skip


def coloured() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def say(name: str, text: str) -> None:
    """One line under the part's name; a reader that went away is no reason to stop."""
    stamp = datetime.now().astimezone().strftime("%H:%M:%S")
    prefix = f"{stamp} {name:<8} │"
    if coloured():
        prefix = f"\033[2m{stamp}\033[0m \033[{COLOURS.get(name, '0')}m{name:<8}\033[0m │"
    try:
        print(prefix, text, flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123

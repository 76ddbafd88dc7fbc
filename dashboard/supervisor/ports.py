"""Ports of the embedded parts: chosen once, kept in the data folder.

They are kept because addresses made from them end up in the sandbox's own state, such
as the URL of a queue. They lie below those that systems give to outgoing connections: else
one of these could take the port of a part while it is started again.
"""

from __future__ import annotations

import json
import secrets
import socket
from pathlib import Path

NAMES = (
    "redis",
    "sandbox_aws",
    "sandbox_azure",
    "sandbox_google",
    "sandbox_provider",
    "sandbox_control",
)
# IANA's dynamic ports begin at 49152, Linux's at 32768; well-known servers sit mostly lower.
RANGE = range(15000, 32768)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        # As servers do, so that a connection still closing does not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def kept(path: Path) -> dict[str, int]:
    """The ports of each part; one that somebody else has taken meanwhile is chosen anew."""
    try:
        known: dict[str, int] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        known = {}
    ports = {name: known[name] for name in NAMES if name in known and is_free(known[name])}
    missing = [name for name in NAMES if name not in ports]
    ports.update(zip(missing, free(len(missing)), strict=True))
    if ports != known:
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(ports))
        draft.replace(path)
    return ports


def free(count: int) -> list[int]:
    """So many different ports that nobody listens on."""
    found: set[int] = set()
    for _ in range(len(RANGE)):
        if len(found) == count:
            return list(found)
        port = secrets.choice(RANGE)
        if is_free(port):
            found.add(port)
    raise OSError("No free port was found.")

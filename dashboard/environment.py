"""Typed readers of environment variables; a wrong value stops the start with a sentence."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import dj_database_url
from cryptography.fernet import Fernet

YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() not in YES | NO:
        raise SystemExit(f"{name} must be true or false, not '{value}'.")
    return value.lower() in YES


def whole_number(name: str, *, default: int, most: int, least: int = 1) -> int:
    value = os.environ.get(name)
    if not value:
        return default
    if not value.isdecimal() or not least <= int(value) <= most:
        raise SystemExit(f"{name} must be a number from {least} to {most}, not '{value}'.")
    return int(value)


def database(name: str, *, default: str) -> dict[str, Any]:
    """Django's settings of the database whose address is in the environment."""
    try:
        # Kept open between requests, and looked at before each use: servers are restarted.
        found = dj_database_url.parse(
            os.environ.get(name) or default, conn_max_age=60, conn_health_checks=True
        )
    except ValueError as error:
        # Not the address itself, which has a password in it.
        raise SystemExit(f"{name} is no address of a database: {type(error).__name__}.") from None
    return dict(found)


def passwords(*addresses: str) -> list[str]:
    """The passwords in addresses such as redis://:password@host/0."""
    try:
        found = [urlsplit(address).password for address in addresses]
    except ValueError:  # whoever opens it says what is wrong
        return []
    return [unquote(password) for password in found if password]


def words(name: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def choice(name: str, allowed: Sequence[str], *, default: str) -> str:
    value = os.environ.get(name) or default
    if value not in allowed:
        raise SystemExit(f"{name} must be one of {', '.join(allowed)}, not '{value}'.")
    return value


def issuer_url(name: str, *, origins: Sequence[str], port: int) -> str:
    """The address in the environment, else the first public one, else that of this machine."""
    secure = (origin for origin in origins if origin.startswith("https://") and "*" not in origin)
    value = os.environ.get(name) or next(secure, f"http://127.0.0.1:{port}")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SystemExit(f"{name} must be like https://skyclock.example.com, not '{value}'.")
    return value.rstrip("/")


def secret_file(name: str, path: Path, *, kind: Literal["text", "fernet"] = "text") -> str:
    """The secret named in the environment, else the one in the file, made on first use."""
    if value := os.environ.get(name):
        return value
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        secret = Fernet.generate_key().decode() if kind == "fernet" else secrets.token_urlsafe(48)
        return _write_once(path, secret)


def _write_once(path: Path, secret: str) -> str:
    # Web, worker and beat start together: whoever creates the file first wins.
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secret)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()

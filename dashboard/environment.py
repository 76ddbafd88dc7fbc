"""Typed readers of environment variables; a wrong value stops the start with a sentence."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from cryptography.fernet import Fernet

YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() not in YES | NO:
        raise SystemExit(f"{name} must be true or false, not '{value}'.")
    return value.lower() in YES


def words(name: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def choice(name: str, allowed: Sequence[str], *, default: str) -> str:
    value = os.environ.get(name) or default
    if value not in allowed:
        raise SystemExit(f"{name} must be one of {', '.join(allowed)}, not '{value}'.")
    return value


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
